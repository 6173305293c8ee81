-- expect: ok within 400 ms
-- why: yields across metamethods, iterators, pcall and xpcall, and across what cannot yield
local function y() coroutine.yield(1) return 'v' end
local mt = {__index = y, __add = y, __eq = function() y() return true end, __lt = function() y() return true end, __concat = y, __len = y, __unm = y, __call = y, __newindex = y}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
local works = {function() return a.x end, function() return a + b end, function() return a == b end, function() return a < b end, function() return a .. b end, function() return #a end, function() return -a end, function() return a() end, function() a.z = 1 end, function() return pcall(y) end, function() return xpcall(y, print) end, function() for _ in y do break end end, function() return ('x'):gsub('.', y) end, function() return tostring(setmetatable({}, {__tostring = y})) end}
for _, w in ipairs(works) do local co = coroutine.create(w) for i = 1, 4 do coroutine.resume(co) end end return 'ok'
