-- expect: ok within 400 ms
-- why: operators at both ends of the integers
local lo, hi = math.mininteger, math.maxinteger assert(hi + 1 == lo and lo - 1 == hi and -lo == lo and lo * -1 == lo and lo // -1 == lo and lo % -1 == 0 and hi // -1 == -hi and math.abs(lo) == lo) assert(not pcall(function() return lo // 0 end) and not pcall(function() return lo % 0 end)) assert(lo // 0.0 == -1/0 and lo % math.huge == math.huge) assert(math.ult(1, -1) and not math.ult(-1, 1)) assert(1 << 63 == lo and 1 << 64 == 0 and -1 >> 1 == hi and 1 << lo == 0 and 1 >> lo == 0 and 1 << hi == 0) return 'ok'
