-- expect: ok within 400 ms
-- why: a table that becomes weak and strong again while it is full
local mt = {} local t = setmetatable({}, mt) for i = 1, 2000 do mt.__mode = ({'k', 'v', 'kv', ''})[i % 4 + 1] t[{}] = {} t[i] = ('x'):rep(100) .. i end return 'ok'
