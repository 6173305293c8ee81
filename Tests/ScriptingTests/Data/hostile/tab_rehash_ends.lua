-- expect: ok within 400 ms
-- why: keys at the ends of the integers must not size an array
local t = {} for i = 0, 62 do t[1 << i] = i t[-(1 << i)] = i end t[math.maxinteger] = 1 t[math.mininteger] = 2 t[2^53] = 3 t[-0.0] = 4
assert(t[0] == 4 and t[9007199254740992] == 3 and t[math.maxinteger] == 1) return 'ok'
