-- expect: ok within 400 ms
-- why: integers of every size there and back
for n = 1, 16 do for _, v in ipairs{0, 1, -1, 127, -128} do assert(string.unpack('<i' .. n, string.pack('<i' .. n, v)) == v) end assert(not pcall(string.pack, 'i' .. n, 1 << 62) == (n < 8)) end assert(not pcall(string.pack, 'I1', 256) and not pcall(string.pack, 'b', 200) and not pcall(string.pack, 'I1', -1)) assert(string.unpack('>j', string.pack('>j', math.mininteger)) == math.mininteger) assert(not pcall(string.pack, 'z', 'a\0b')) return 'ok'
