-- expect: error|memory error|true within 800 ms
-- why: alignment and repetition that sum up
for i = 1, 1000 do pcall(string.pack, '!16 ' .. ('b j '):rep(900), table.unpack({}, 1, 1800)) end return true
