-- expect: killed within 400 ms
-- why: __len that never ends under the length operator and comparisons
local t = setmetatable({}, {__len = function() while true do end end, __lt = function() while true do end end}) while true do pcall(function() return #t end) pcall(function() return t < t end) end
