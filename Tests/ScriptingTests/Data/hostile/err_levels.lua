-- expect: error within 400 ms
-- why: levels of error at both ends
for _, l in ipairs{math.maxinteger, math.mininteger, 1 << 31, -1, 1e15} do pcall(error, 'x', l) end local function f(n) if n == 0 then error('deep', 150) end return (f(n - 1)) end f(140)
