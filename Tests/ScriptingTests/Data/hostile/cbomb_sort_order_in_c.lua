-- expect: killed|error|memory error|true within 400 ms
-- why: an order function written in C that converts 7 MB for each comparison
local s = string.rep(' ', 7000000) .. '1' local t = {} for i = 1, 5000 do t[i] = s end
table.sort(t, math.abs) return true
