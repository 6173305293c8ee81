-- expect: killed|memory error within 400 ms
-- why: coroutines made and failed at the end of 120,000 calls
local function f(n) if n == 0 then while true do coroutine.wrap(function() pcall(error) end)() end end return 1 + f(n - 1) end f(120000)
