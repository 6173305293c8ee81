-- expect: killed|error|true within 400 ms
-- why: the length of a table with holes, searched each time
local t = {} for i = 1, 200000 do t[i] = i end for i = 2, 200000, 2 do t[i] = nil end while true do t[#t + 1] = 1 t[#t] = nil end
