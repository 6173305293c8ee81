-- expect: error|killed|ok within 400 ms
-- why: pcall of pcall of pcall, deeper than C's stack
local f = error for i = 1, 100000 do local g = f f = function() return pcall(g, 'x') end end local ok = f() return 'ok'
