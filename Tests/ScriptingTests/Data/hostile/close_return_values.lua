-- expect: ok within 400 ms
-- why: values that are returned over handlers which call, yield and err
local function f() local x <close> = setmetatable({}, {__close = function() return 'lost', pcall(error) end}) return 1, 2, 3 end assert(select('#', f()) == 3) local co = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() coroutine.yield('mid') end}) return 'end' end) assert(co() == 'mid' and co() == 'end') return 'ok'
