-- expect: true|killed within 800 ms
-- why: weak tables whose values and keys die while they are walked
local w = setmetatable({}, {__mode = 'kv'})
for round = 1, 30 do for i = 1, 300 do w[{}] = {} w[i] = {i} end for k, v in pairs(w) do w[k] = nil local x = {} for j = 1, 20 do x[j] = {} end end end
assert(not pcall(setmetatable, {}, {__gc = function() end})) local late = {} setmetatable({}, late) pcall(rawset, late, '__gc', function() while true do end end) pcall(setmetatable, {}, late) local s = {} for i = 1, 20000 do s = {s} end return true
