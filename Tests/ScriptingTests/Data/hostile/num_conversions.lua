-- expect: ok within 400 ms
-- why: texts and floats as integers
assert(not pcall(function() return 1.5 | 0 end) and not pcall(function() return 2^63 | 0 end) and not pcall(function() return '1.5' | 0 end) and not pcall(function() return 'a' + 1 end)) assert('10' + 5 == 15 and '0x10' * 2 == 32 and '1e1' // 1 == 10.0) assert(math.tointeger(2^53) == 9007199254740992 and math.tointeger('x') == nil and math.tointeger(0/0) == nil) assert(not pcall(string.rep, 'x', 2^63) and not pcall(string.rep, 'x', 0/0) and not pcall(string.sub, 'x', 1/0)) return 'ok'
