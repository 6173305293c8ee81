-- expect: error within 400 ms
-- why: an error object whose __name and __tostring are no texts
local c = coroutine.wrap(function() error(setmetatable({}, {__name = {}, __tostring = function() return {} end})) end) c()
