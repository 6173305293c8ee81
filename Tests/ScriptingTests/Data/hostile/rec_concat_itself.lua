-- expect: killed|error|memory error|true within 400 ms
-- why: __concat that concatenates itself
local o o = setmetatable({}, {__concat = function(a, b) return o .. 'x' end}) return o .. 'y'