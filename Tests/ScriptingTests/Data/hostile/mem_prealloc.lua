-- expect: killed|memory error|error within 400 ms
-- why: tables that are made as large as their constructor says
local function many() return table.unpack({}, 1, 900000) end local t = {} for i = 1, 1e6 do t[i] = {many()} end
