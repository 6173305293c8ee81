-- expect: error|killed within 400 ms
-- why: an object whose text fails with such an object, nested
local function make(n) return setmetatable({}, {__tostring = function() if n > 0 then error(make(n - 1)) end return "deep" end}) end error(make(150))
