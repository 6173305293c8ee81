-- expect: ok|error within 400 ms
-- why: the iterator of a library as a way to the table behind it
local f, t, k = pairs(string) assert(f ~= next) local a, b = f(t) assert(type(a) == 'string') assert(not pcall(f, t, 'no such key')) assert(not pcall(rawset, t, 'x', 1)) assert(string.x == nil) return 'ok'
