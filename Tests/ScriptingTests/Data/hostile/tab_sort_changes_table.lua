-- expect: ok|error within 400 ms
-- why: an order function that empties and fills the table it sorts
local t = {} for i = 1, 500 do t[i] = (i * 7919) % 501 end
pcall(table.sort, t, function(a, b) for i = 1, 5 do t[#t] = nil end t[#t + 1] = 1 return (a or 0) < (b or 0) end)
collect = {} for i = 1, 100 do collect[i] = {} end return 'ok'
