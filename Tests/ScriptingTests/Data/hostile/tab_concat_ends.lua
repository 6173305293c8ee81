-- expect: error|killed|memory error within 400 ms
-- why: bounds at both ends of the integers, on a table whose elements are made when asked for
local t = setmetatable({}, {__index = function() return 'x' end})
assert(#table.concat(t, '', math.maxinteger - 2, math.maxinteger) == 3)
assert(#table.concat(t, '', math.mininteger, math.mininteger + 2) == 3)
assert(not pcall(table.concat, {{}}))
return table.concat(t, ',', math.mininteger, math.maxinteger)
