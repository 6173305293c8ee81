-- expect: ok within 400 ms
-- why: integers and floats in each conversion
local f = string.format assert(f('%d', math.mininteger) == '-9223372036854775808' and f('%x', -1) == 'ffffffffffffffff' and f('%5.2s|', 'abc') == '   ab|') assert(not pcall(f, '%d', '1.5') and f('%d', '10') == '10' and not pcall(f, '%c', 'x')) assert(f('%q', math.mininteger) == '0x8000000000000000' and f('%q', 1/0) == '1e9999') assert(f('%i', 3.0) == '3' and not pcall(f, '%i', 1e100) and #f('%.3f', 1e15) == 20) return 'ok'
