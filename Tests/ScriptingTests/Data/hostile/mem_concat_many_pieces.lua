-- expect: memory error|killed|error within 800 ms
-- why: table.concat whose result is larger than all of its pieces together
local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1000) end local k = {} for i = 1, 1e9 do k[i] = table.concat(t, ('y'):rep(5000)) end
