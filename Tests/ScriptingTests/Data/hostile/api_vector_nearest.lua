-- expect: killed|memory error|error|ok within 600 ms
-- why: the nearest of many, asked again and again
local l = {} for i = 1, 300 do l[i] = perigee.vector.new(5000) end while true do perigee.vector.nearest(l[1], l, 1000) end
