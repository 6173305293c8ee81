-- expect: error within 400 ms
-- why: every table function onto every library
for _, lib in ipairs{string, table, math, utf8, coroutine} do for _, f in ipairs{function() table.insert(lib, 1) end, function() table.insert(lib, 1, 1) end, function() table.remove(lib) end, function() table.sort(lib) end, function() table.move({1}, 1, 1, 1, lib) end, function() table.concat(lib) end, function() lib[1] = 1 end} do pcall(f) end assert(lib[1] == nil) end table.insert(coroutine, 1)
