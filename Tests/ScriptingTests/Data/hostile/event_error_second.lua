-- expect: error within 400 ms
-- why: a filter that fails on the second event
local n = 0 return function(event) n = n + 1 if n == 2 then error({code = n}) end return true end
