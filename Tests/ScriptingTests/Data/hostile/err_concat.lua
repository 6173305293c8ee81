-- expect: true within 400 ms
-- why: errors out of __concat leave the collector on

local o = setmetatable({}, {__concat=function(a,b) error('no') end})
for i = 1, 200 do assert(not pcall(function() return 'a' .. o end)) end
local t for i = 1, 200000 do t = {i} end return true