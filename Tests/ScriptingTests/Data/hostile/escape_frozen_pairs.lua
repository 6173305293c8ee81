-- expect: true within 400 ms
-- why: pairs of a library gives no way to its private table
local f, t = pairs(string) local k, v = next(t) return k == nil and f(t, nil) ~= nil