-- expect: ok within 400 ms
-- why: loops of floats and integers at their ends
local n = 0 for i = math.maxinteger - 1, math.huge do n = n + 1 end assert(n == 2) for i = 1, -math.huge, -1 do n = n + 1 if n > 10 then break end end for i = 1, 0/0 do error('x') end for i = math.mininteger, math.mininteger + 1 do n = n + 1 end assert(not pcall(function() for i = 1, 'x' do end end) and not pcall(function() for i = 1, 10, 0 do end end)) assert(not pcall(function() for i = 1.0, 2, 0.0 do end end)) for i = 3, 2^53, 2^52 do n = n + 1 end return 'ok'
