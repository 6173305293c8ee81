-- expect: killed within 400 ms
-- why: elements that exist without end, moved within pcall
local t = setmetatable({}, {__index = function(_, i) return i end, __newindex = function() end}) while true do pcall(table.move, t, 1, 1 << 40, 1) end
