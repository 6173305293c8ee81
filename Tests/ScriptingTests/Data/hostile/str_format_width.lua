-- expect: error within 400 ms
-- why: widths and precisions of C's printf that would overflow its buffers
for _, f in ipairs{'%099999d', '%.99999f', '%9999999999s', '%-+ #0123456d', '%', '%5', '%.', '%1$d', '%n', '%*d', '%ld', '%hhd', '%.3q', '%5q'} do assert(not pcall(string.format, f, 1), f) end
assert(#string.format('%99.99f', -1.7976931348623157e308) > 400)
return string.format('%100d', 1)
