-- expect: ok within 400 ms
-- why: _ENV replaced, shadowed and emptied
local e = _ENV do local _ENV = {} e.assert(not e.pcall(function() return print.x end)) end do local _ENV <const> = e assert(print) end
local function f() local _ENV = setmetatable({}, {__index = e}) x = 1 return x end assert(f() == 1 and x == nil) _ENV = nil e.assert(not e.pcall(function() return print end)) return 'ok'
