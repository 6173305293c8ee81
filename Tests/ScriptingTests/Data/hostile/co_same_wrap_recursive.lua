-- expect: error|ok within 400 ms
-- why: a wrapped coroutine that calls itself
local f f = coroutine.wrap(function() return f() end) return f()
