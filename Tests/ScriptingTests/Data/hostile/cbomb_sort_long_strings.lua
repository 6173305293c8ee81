-- expect: killed|error|memory error|true within 400 ms
-- why: comparisons of 7 MB each, with no instruction between them
local s = string.rep('a', 7000000) local t = {} for i = 1, 5000 do t[i] = s end
table.sort(t) return true
