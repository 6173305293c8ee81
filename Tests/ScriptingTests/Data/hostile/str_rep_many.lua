-- expect: killed|memory error within 400 ms
-- why: each repetition is allowed, the sum of them is not
local t = {} for i = 1, math.huge do t[i] = string.rep('x', 1 << 20) end
