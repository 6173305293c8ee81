-- expect: killed|error|memory error|true within 400 ms
-- why: each ... copies 240,000 values
local function f(...) while true do local n = select('#', ...) end end f(table.unpack({}, 1, 240000))
