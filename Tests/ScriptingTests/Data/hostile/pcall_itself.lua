-- expect: error|killed|ok within 400 ms
-- why: pcall given to itself by the thousand
local t = {} for i = 1, 10000 do t[i] = pcall end pcall(table.unpack(t)) return xpcall(table.unpack(t)) and 'ok' or 'ok'
