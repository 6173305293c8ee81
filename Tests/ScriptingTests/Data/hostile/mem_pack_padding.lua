-- expect: error|memory error|killed within 800 ms
-- why: string.pack of fixed sizes that nobody filled
local t = {} for i = 1, 1e6 do t[i] = string.pack('c' .. (1 << 20), 'x') end return 1
