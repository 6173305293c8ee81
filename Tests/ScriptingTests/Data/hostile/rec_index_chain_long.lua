-- expect: killed|error|memory error|true within 400 ms
-- why: one access that follows 1,990 tables
local t = {} for i = 1, 1990 do t = setmetatable({}, {__index = t}) end while true do local x = t.a end
