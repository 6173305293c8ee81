-- expect: ok within 400 ms
-- why: indexes at both ends of the integers
local s = 'abc' local lo, hi = math.mininteger, math.maxinteger
assert(s:sub(lo, hi) == 'abc' and s:sub(hi, lo) == '' and s:sub(hi) == '' and s:sub(lo, lo) == '')
assert(select('#', s:byte(lo, hi)) == 3 and s:find('', hi) == nil and s:find('b', lo) == 2)
assert(utf8.len(s, 4) == 0 and not pcall(utf8.len, s, lo) and not pcall(utf8.codepoint, s, lo, hi))
return 'ok'
