-- expect: error within 400 ms
-- why: errors in closing replace each other, each an object larger than the one before
local function f(n) local x <close> = setmetatable({}, {__close = function(_, e) error({n = n, before = e}) end}) if n == 0 then error({n = 0}) end return f(n - 1) end local function g() f(100) return 1 end g()
