-- expect: error within 400 ms
-- why: next with a key that the table never had
local t = {1, 2, a = 1} assert(not pcall(next, t, 'z') and not pcall(next, t, 0/0)) return next(t, {})
