-- expect: error within 400 ms
-- why: ranges that wrap around
assert(not pcall(table.move, {}, math.mininteger, math.maxinteger, 1) and not pcall(table.move, {}, 1, math.maxinteger, 2) and not pcall(table.move, {}, 0, math.maxinteger, 1))
return table.move({}, 1, 2, math.maxinteger)
