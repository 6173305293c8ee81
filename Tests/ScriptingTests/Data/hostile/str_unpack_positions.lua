-- expect: error within 400 ms
-- why: positions before and behind the text
for _, p in ipairs{math.mininteger, -5, 6, 1 << 62, math.maxinteger} do assert(not pcall(string.unpack, 'b', 'abcd', p), p) end return string.unpack('c5', 'abcd')
