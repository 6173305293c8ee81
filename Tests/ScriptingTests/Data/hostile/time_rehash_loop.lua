-- expect: killed|memory error within 400 ms
-- why: a table that is filled and emptied, so that it is laid out anew
local t = {} while true do for i = 1, 50000 do t[i] = i end for i = 1, 50000 do t[i] = nil end t = {table.unpack(t)} end
