-- expect: true within 400 ms
-- why: JSON deeper than any program needs, read and written
local d, e = perigee.json.decode, perigee.json.encode
assert(not pcall(d, ('['):rep(100000))) assert(not pcall(d, ('{"a":'):rep(100000))) assert(not pcall(d, ('['):rep(200) .. (']'):rep(200)))
local ok, v = pcall(d, ('['):rep(60) .. (']'):rep(60)) assert(ok and e(v) == ('['):rep(60) .. (']'):rep(60))
local t = {} t[1] = t assert(not pcall(e, t)) return true
