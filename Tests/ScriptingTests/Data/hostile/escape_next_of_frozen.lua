-- expect: ok within 400 ms
-- why: raw reading of a library shows nothing to change
assert(next(string) == nil and rawlen(table) == 0 and rawget(math, 'pi') == nil and #string == 0) for i, v in ipairs(table) do error('x') end return 'ok'
