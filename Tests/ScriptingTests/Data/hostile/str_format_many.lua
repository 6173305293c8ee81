-- expect: killed|error|memory error within 600 ms
-- why: a format that repeats a directive which calls back
local o = setmetatable({}, {__tostring = function() return ('y'):rep(1000) end})
local a = {} for i = 1, 200 do a[i] = o end
while true do string.format(('%s'):rep(200), table.unpack(a)) end
