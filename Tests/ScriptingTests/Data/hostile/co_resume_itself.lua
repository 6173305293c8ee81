-- expect: ok within 400 ms
-- why: resuming what runs, what waits for us, and what is dead
local co co = coroutine.create(function() local ok, e = coroutine.resume(co) assert(not ok) local inner = coroutine.create(function() return coroutine.resume(co) end) local _, a, b = coroutine.resume(inner) assert(a == false) assert(not pcall(coroutine.close, co)) return 1 end)
assert(coroutine.resume(co)) assert(not coroutine.resume(co)) assert(coroutine.close(co) and coroutine.close(co)) return 'ok'
