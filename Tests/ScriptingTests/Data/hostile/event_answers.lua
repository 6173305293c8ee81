-- expect: error|true|false within 400 ms
-- why: what is no answer: huge, callable, erring ones
local n = 0 return function(event) n = n + 1 if n == 1 then return setmetatable({}, {__eq = error, __call = error, __tostring = error}) end if n == 2 then return ("x"):rep(1000000) end if n == 3 then return event end return coroutine.create(print) end
