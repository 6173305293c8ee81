-- expect: killed|memory error within 400 ms
-- why: errors with levels that are caught at the end of 120,000 calls: each has to find its level
local function f(n) if n == 0 then while true do pcall(error, 'x', 100000) end end return 1 + f(n - 1) end f(120000)
