-- expect: error within 400 ms
-- why: counts whose product passes 64 bits must not wrap to something small
local a = pcall(string.rep, 'ab', math.maxinteger) local b = pcall(string.rep, ('x'):rep(1 << 20), (1 << 44) + 1)
local c = pcall(string.rep, '', math.maxinteger, 'xy')
assert(not a and not b and not c) return string.rep('abc', 0x5555555555555556)
