-- expect: killed within 400 ms
-- why: __pairs that never answers
while true do pcall(pairs, setmetatable({}, {__pairs = function() while true do end end})) end
