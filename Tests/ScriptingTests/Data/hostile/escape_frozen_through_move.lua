-- expect: error within 400 ms
-- why: every function that writes, with a library as its target
for _, f in ipairs{function() table.insert(string, 1) end, function() table.remove(math) end, function() table.sort(table) end, function() table.move({1}, 1, 1, 1, string) end, function() rawset(coroutine, 1, 1) end, function() setmetatable(utf8, {}) end, function() math.pi = 3 end, function() _G.string.len = nil end, function() next(string).x = 1 end} do assert(not pcall(f)) end
assert(#('x') == 1 and ('x'):len() == 1) math.pi = 4
