-- expect: ok within 400 ms
-- why: # of a table whose __len answers anything
for _, v in ipairs{math.maxinteger, math.mininteger, 0/0, 'x', {}, 1e308} do local t = setmetatable({}, {__len = function() return v end}) local n = #t for _, f in ipairs{table.sort, table.insert, table.remove, table.concat, table.unpack} do assert(not pcall(f, t)) end end return 'ok'
