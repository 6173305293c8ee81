-- expect: ok within 400 ms
-- why: loops at the ends of the integers come to an end
local n = 0 for i = math.maxinteger - 2, math.maxinteger do n = n + 1 end for i = math.mininteger + 2, math.mininteger, -1 do n = n + 1 end
for i = 1, math.mininteger do n = n + 1 end for i = math.mininteger, math.maxinteger, math.maxinteger do n = n + 1 end for i = 1, 0.5 do n = n + 1 end
assert(n == 9, n) assert(not pcall(function() for i = 1, 2, 0 do end end)) return 'ok'
