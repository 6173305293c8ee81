-- expect: killed|memory error|error within 400 ms
-- why: as many code points as the stack holds, again and again
local t = {} for i = 1, 200000 do t[i] = 0x10FFFF end while true do pcall(utf8.char, table.unpack(t)) end
