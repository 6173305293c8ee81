-- expect: ok|error within 400 ms
-- why: lengths and indexes at the ends
local t = {} t[math.maxinteger] = 1 assert(#t == 0) assert(not pcall(table.insert, t, math.maxinteger, 1)) assert(select('#', table.unpack(t, math.maxinteger, math.maxinteger)) == 1) assert(not pcall(table.unpack, t, math.mininteger, math.maxinteger)) assert(not pcall(table.unpack, t, 0, math.maxinteger)) assert(not pcall(table.unpack, t, math.mininteger, 0)) assert(select('#', table.unpack(t, 2, 1)) == 0) return 'ok'
