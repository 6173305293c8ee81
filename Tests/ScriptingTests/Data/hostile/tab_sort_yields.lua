-- expect: error within 400 ms
-- why: an order function that yields out of a C function
local co = coroutine.create(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end)
local ok, e = coroutine.resume(co) assert(not ok and e:find('yield')) error(e)
