-- expect: killed|memory error within 400 ms
-- why: __concat at the end of 120,000 calls
local t = setmetatable({}, {__concat = function(a, b) return 'x' end}) local function f(n) if n == 0 then while true do local x = t .. t end end return 1 + f(n - 1) end f(120000)
