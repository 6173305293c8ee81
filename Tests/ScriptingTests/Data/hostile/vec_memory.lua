-- expect: killed|memory error|error within 800 ms
-- why: the largest vectors, kept
local t = {} while true do t[#t + 1] = perigee.vector.new(1 << 20) perigee.vector.dot(t[#t], t[1]) end
