-- expect: killed within 400 ms
-- why: a coroutine closed while its handler never ends, again and again
while true do local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end) coroutine.resume(co) pcall(coroutine.close, co) end
