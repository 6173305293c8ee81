-- expect: error within 400 ms
-- why: an error object whose message comes of a function that errs with such an object
error(setmetatable({}, {__index = function(t, k) error(setmetatable({}, {__index = function() error{} end})) end}))
