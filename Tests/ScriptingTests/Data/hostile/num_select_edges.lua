-- expect: ok within 400 ms
-- why: select at its ends
assert(not pcall(select, 0, 1) and not pcall(select, -2, 1) and select('#') == 0 and select(5, 1) == nil and not pcall(select, math.mininteger, 1)) assert(select(-1, 1, 2) == 2 and select(math.maxinteger, 1) == nil) return 'ok'
