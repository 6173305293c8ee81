-- expect: ok within 400 ms
-- why: globals through _ENV and _G are this run's own
_G.print = 1 assert(print == 1) _G = nil assert(print == 1) assert(rawget(_ENV, 'string') == nil) local e = setmetatable({}, {__index = _ENV}) local function f() local _ENV = e return string.format end assert(f()) return 'ok'
