-- expect: killed|true within 400 ms
-- why: weak keys in an adverse order: the collector's last step is quadratic and cannot be stopped
local N = 60000
local t = setmetatable({}, {__mode = 'k'})
local keys = {} for i = 1, N + 1 do keys[i] = {} end
for i = 1, N do local j = (i * 7919) % N + 1 t[keys[j]] = keys[j + 1] end
local root = keys[1] keys = nil
for i = 1, 300 do local x = string.rep('x', 10000) end
return true
