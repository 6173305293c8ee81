-- expect: killed|error|memory error within 400 ms
-- why: select from the end of many arguments
local function f(...) local n = 0 while true do n = n + select("#", select(-1, ...)) end end f(table.unpack({}, 1, 200000))
