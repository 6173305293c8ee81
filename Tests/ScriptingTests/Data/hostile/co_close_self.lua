-- expect: ok|error within 400 ms
-- why: closing the one that runs, and the one that waits
local co co = coroutine.wrap(function() local me = coroutine.running() assert(not pcall(coroutine.close, me)) return coroutine.wrap(function() return pcall(coroutine.close, me) end)() end) assert(co() == false) return "ok"
