-- expect: memory error|killed within 800 ms
-- why: running out of memory within coroutines, over and over
while true do local co = coroutine.wrap(function() local t = {} while true do t[#t + 1] = {} end end) pcall(co) end
