-- expect: killed|memory error|error within 800 ms
-- why: utf8.char of many, kept
local a = {} for i = 1, 200 do a[i] = 0x7FFFFFFF end local t = {} for i = 1, 1e9 do t[i] = utf8.char(table.unpack(a)) .. i end
