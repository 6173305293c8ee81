-- expect: ok within 400 ms
-- why: vectors with every operator
local v = perigee.vector.new{1, 2, 3} for _, f in ipairs{function() return v + v end, function() return v - v end, function() return v * 2 end, function() return -v end, function() return v == v end} do assert(pcall(f)) end for _, f in ipairs{function() return v .. v end, function() return v < v end, function() return v() end, function() v[1] = 1 end, function() return v / 0 end, function() return v // 1 end, function() return v & 1 end} do pcall(f) end assert(#v == 3 and tostring(v) == '[1, 2, 3]') return 'ok'
