-- expect: killed|error|memory error within 400 ms
-- why: string.char of as many as the stack holds
local a = {} for i = 1, 200000 do a[i] = 65 end while true do pcall(string.char, table.unpack(a)) end
