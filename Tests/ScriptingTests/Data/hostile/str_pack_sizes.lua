-- expect: error within 400 ms
-- why: sizes and alignments of string.pack that pass what an integer holds
for _, f in ipairs{'i17', 'i0', '!17', '!3i4', 's17', 'c' .. ('9'):rep(40), 'i99999999999', 'Xz', 'X', '!8Xi3'} do assert(not pcall(string.pack, f, 1, 1, 1), f) end
assert(not pcall(string.packsize, ('c2147483647'):rep(3)))
assert(not pcall(string.unpack, 's8', ('\255'):rep(8)))
assert(not pcall(string.unpack, 'i16', ('\127'):rep(16)))
assert(not pcall(string.unpack, 'z', 'abc'))
return string.unpack('i4', 'abcd', math.maxinteger)
