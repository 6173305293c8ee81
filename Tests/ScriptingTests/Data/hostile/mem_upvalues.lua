-- expect: killed|memory error within 600 ms
-- why: closures that keep closures
local f = print while true do local g, a, b, c = f, {}, {}, {} f = function() return g, a, b, c end end
