-- expect: killed|error within 400 ms
-- why: comparisons that compare again
local mt = {} mt.__eq = function(a, b) return setmetatable({}, mt) == setmetatable({}, mt) end while true do pcall(function() return setmetatable({}, mt) == setmetatable({}, mt) end) end
