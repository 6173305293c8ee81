-- expect: ok within 400 ms
-- why: an iterator whose text nobody else holds
local n = 0 for w in (('word '):rep(2000)):gmatch('%a+') do n = n + 1 if n % 50 == 0 then local t = {} for i = 1, 200 do t[i] = {i} end end end assert(n == 2000) return 'ok'
