-- expect: true within 400 ms
-- why: methods of vectors called on what is none
local v = perigee.vector.new{1, 2, 3}
local m = getmetatable(v) assert(type(m) ~= 'table')
for _, x in ipairs{{}, 'x', 1, print, perigee.json.null, coroutine.create(print), false} do pcall(perigee.vector.dot, x, v) pcall(perigee.vector.dot, v, x) pcall(function() return x + v end) pcall(function() return v .. x end) pcall(function() return v < x end) pcall(function() return v == x end) pcall(function() return v[x] end) end
local t = setmetatable({}, {__index = v, __len = v}) pcall(function() return t[1], #t end) for k in pairs({[v] = 1}) do assert(k == v) end return #v == 3
