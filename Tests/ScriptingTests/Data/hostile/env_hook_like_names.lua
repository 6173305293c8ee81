-- expect: ok within 400 ms
-- why: metamethods on the globals
local log = 0 local e = setmetatable({}, {__index = _ENV, __newindex = function(t, k, v) log = log + 1 rawset(t, k, v) end, __pairs = function() return function() end end}) local _ENV = e x = 1 y = 2 for k in pairs(e) do error('x') end return log == 2 and 'ok'
