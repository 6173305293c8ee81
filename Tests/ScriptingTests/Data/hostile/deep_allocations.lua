-- expect: killed|memory error within 400 ms
-- why: allocations at the end of 120,000 calls: each look walks over all of them
local function f(n) if n == 0 then local k while true do k = ('x'):rep(200000) .. 'y' end end return 1 + f(n - 1) end f(120000)
