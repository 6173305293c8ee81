-- expect: error within 400 ms
-- why: positions beyond a table's ends, and lengths that lie
local t = {1, 2, 3}
assert(not pcall(table.insert, t, 6, 'x') and not pcall(table.insert, t, math.mininteger, 'x') and not pcall(table.insert, t, 1, 2, 3))
assert(not pcall(table.remove, t, 6) and not pcall(table.remove, t, math.maxinteger))
return table.insert(setmetatable({}, {__len = function() return math.maxinteger end}), 1)
