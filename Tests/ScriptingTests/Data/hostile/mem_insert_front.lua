-- expect: killed|memory error|error within 800 ms
-- why: table.insert at the front, quadratic
local t = {} while true do table.insert(t, 1, t) end
