-- expect: killed|error|memory error|true within 400 ms
-- why: table.unpack over a chain of 1,990 tables
local t = {} for i = 1, 1990 do t = setmetatable({}, {__index = t}) end while true do local x = select('#', table.unpack(t, 1, 100000)) end
