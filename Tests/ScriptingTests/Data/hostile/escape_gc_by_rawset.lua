-- expect: ok|nil|true within 400 ms
-- why: finalizers by every way into a metatable
local mt = {} local t = setmetatable({}, mt) rawset(mt, '__gc', function() while true do end end) mt.__gc = function() while true do end end local u = setmetatable({}, {__index = mt, __newindex = mt}) for i = 1, 5 do pcall(setmetatable, {}, mt) pcall(setmetatable, u, mt) end t = nil u = nil local k = {} for i = 1, 50000 do k[i % 10] = {} end return true
