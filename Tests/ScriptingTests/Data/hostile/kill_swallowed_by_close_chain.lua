-- expect: killed within 400 ms
-- why: every handler to be closed starts another loop in a pcall
local function again() while true do pcall(function() while true do end end) end end local mt = {__close = again} local function f(n) local a <close> = setmetatable({}, mt) local b <close> = setmetatable({}, mt) if n > 0 then f(n - 1) end while true do end end pcall(f, 50) again()
