-- expect: true|error|killed within 400 ms
-- why: yields out of sort, gsub, tostring, pairs, concat, unpack and JSON
local y = coroutine.yield
local m = setmetatable({}, {__index = y, __newindex = y, __len = y, __tostring = y, __pairs = y, __concat = y, __eq = y, __lt = y, __call = y, __close = y, __unm = y, __idiv = y})
for _, f in ipairs{function() table.sort({3, 2, 1}, y) end, function() ('abc'):gsub('.', y) end, function() tostring(m) end, function() for k in pairs(m) do end end, function() return m .. m end, function() table.concat(setmetatable({}, {__index = y, __len = function() return 3 end})) end, function() return table.unpack(m) end, function() perigee.json.encode(m) end, function() return -m, m // m, m < m, m(), m.x end, function() m.x = 1 end, function() local x <close> = m end, function() pcall(y) end, function() xpcall(error, y) end, function() for x in y do end end, function() return require(y) end, function() perigee.vector.new(m) end} do
  local co = coroutine.create(f) for i = 1, 20 do if coroutine.status(co) ~= 'suspended' then break end coroutine.resume(co) end coroutine.close(co)
end return true
