-- expect: error|killed within 400 ms
-- why: coroutines that wrap coroutines until C's stack ends
local function tower(n) return coroutine.wrap(function() return tower(n + 1)() end) end return tower(1)()
