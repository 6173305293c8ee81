-- expect: true|killed|memory error within 800 ms
-- why: garbage in every shape
local k = {} for i = 1, 200000 do k[i % 100] = {function() return i end, coroutine.create(print), ('x'):rep(i % 1000), setmetatable({}, {__index = k})} end return true
