-- expect: error within 400 ms
-- why: an error object whose text yields
error(setmetatable({}, {__tostring = function() coroutine.yield(1) return "x" end}))
