-- expect: error within 400 ms
-- why: assert with an object for a message
assert(false, setmetatable({}, {__tostring = function() return {} end}))
