-- expect: killed within 400 ms
-- why: the globals' __index never answers
local p = pcall _ENV = setmetatable({}, {__index = function() while true do end end}) return x
