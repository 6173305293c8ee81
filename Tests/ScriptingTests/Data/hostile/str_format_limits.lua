-- expect: true within 400 ms
-- why: widths, precisions and conversions that no buffer holds
for _, f in ipairs{'%999d', '%.999f', '%99.999f', '%100s', '%.100s', '%#####d', '%00000000005d', '%y', '%', '%5', '%.', '%ld', '%n', '%*d', '%1$d', '%-+ #0-+ #0d'} do pcall(string.format, f, 1) pcall(string.format, f, 'x') pcall(string.format, f, 1e308) end
assert(#string.format('%.99f', 1e308) > 300 and #string.format('%99.99f', -1e308) > 300 and #string.format('%a', 1e308) > 5)
assert(not pcall(string.format, '%d', 1.5)) assert(not pcall(string.format, '%d')) assert(not pcall(string.format, '%c', {})) assert(not pcall(string.format, '%q', {}))
local t = setmetatable({}, {__tostring = function() return {} end}) assert(not pcall(string.format, '%s', t)) return string.format('%q', 0/0) == '(0/0)'
