-- expect: killed|error within 400 ms
-- why: __pairs that answers an iterator without end
for k in pairs(setmetatable({}, {__pairs = function(t) return function() return 1 end, t end})) do end
