-- expect: killed within 400 ms
-- why: a float loop whose step is lost in its size
for i = 2^53, math.huge do end
