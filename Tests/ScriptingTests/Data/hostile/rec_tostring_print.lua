-- expect: error|killed|nil within 400 ms
-- why: print within __tostring within print
local t t = setmetatable({}, {__tostring = function() print(t) return "x" end}) print(t)
