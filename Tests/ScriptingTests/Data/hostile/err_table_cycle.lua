-- expect: error within 400 ms
-- why: a table that contains itself as an error
local t = {} t.message = t t[1] = t error(t)
