-- expect: error|killed within 800 ms
-- why: an error object of thousands of fields, in tables that contain themselves
local t = {} for i = 1, 20000 do t[i] = t t["k" .. i] = i end t.t = t error(t)
