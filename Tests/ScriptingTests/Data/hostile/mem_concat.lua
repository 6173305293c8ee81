-- expect: true|killed within 800 ms
-- why: memory runs out inside a __concat

local o = setmetatable({}, {__concat=function(a,b) local t = {} while true do t[#t+1] = {} end end})
pcall(function() return 'a' .. o end)
local t for i = 1, 100000 do t = {i} end return true