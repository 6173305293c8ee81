-- expect: ok within 400 ms
-- why: negative zero and NaN as keys, and the shifts that C leaves undefined
local t = {} t[-0.0] = 1 assert(t[0] == 1 and not pcall(rawset, t, 0/0, 1) and t[0/0] == nil)
assert(1 << 64 == 0 and 1 << -1 == 0 and 1 >> -63 == math.mininteger and -1 >> 63 == 1 and math.mininteger // -1 == math.mininteger and math.mininteger % -1 == 0)
assert(not pcall(function() return 1 // 0 end) and not pcall(function() return 1 % 0 end) and not pcall(math.tointeger) and math.fmod(math.mininteger, -1) == 0)
assert(not pcall(function() return 1 << 1.5 end) and not pcall(function() return 2^63 | 0 end) and not pcall(string.format, '%d', 2^63)) return 'ok'
