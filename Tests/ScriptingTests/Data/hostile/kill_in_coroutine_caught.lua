-- expect: killed within 400 ms
-- why: a kill in a coroutine is not an answer of resume
while true do local co = coroutine.create(function() while true do end end) local ok, e = coroutine.resume(co) pcall(error, e) end
