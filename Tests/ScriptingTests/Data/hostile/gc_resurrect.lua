-- expect: true|killed|memory error within 800 ms
-- why: weak tables that bring back what is gone
local w = setmetatable({}, {__mode = 'v'}) for i = 1, 20000 do w[i] = setmetatable({}, {__index = w}) local x = w[i - 1] if x then w[-i] = x end end return true
