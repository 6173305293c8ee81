-- expect: true within 400 ms
-- why: numbers at and over what a double holds, and what is no number
local d = perigee.json.decode
for _, x in ipairs{'01', '1.', '.5', '+1', '1e', '1e+', '--1', '1e400', '-1e400', '0x10', 'NaN', 'Infinity', '1_0', '1.2.3', '-', '1' .. ('0'):rep(400)} do assert(not pcall(d, x), x) end
assert(d('9223372036854775807') == math.maxinteger and math.type(d('9223372036854775808')) == 'float' and d('1e-400') == 0)
assert(d('0.' .. ('3'):rep(100000)) == 1/3 and d('-0') == 0 and d('123456789012345678') == 123456789012345678)
return d('-0.0') == 0 and 1 / d('-0.0') == -1/0
