-- expect: killed within 400 ms
-- why: next over a table of which only the last is left
local t = {} for i = 1, 200000 do t["k" .. i] = i end local last for k in pairs(t) do last = k end for k in pairs(t) do if k ~= last then t[k] = nil end end while true do next(t) end
