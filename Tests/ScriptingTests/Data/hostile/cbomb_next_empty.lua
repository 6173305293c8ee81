-- expect: killed|error|memory error|true within 400 ms
-- why: next has to search 250,000 empty slots each time
local t = {} for i = 1, 250000 do t[i] = 1 end for i = 1, 250000 do t[i] = nil end while true do next(t) end
