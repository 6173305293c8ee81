-- expect: killed within 400 ms
-- why: an error object whose text never ends
error(setmetatable({}, {__tostring = function() while true do end end}))
