-- expect: ok within 400 ms
-- why: every library table is locked, and what pairs shows of it
for _, lib in ipairs{string, table, math, utf8, coroutine, host} do assert(getmetatable(lib) == false) assert(not pcall(setmetatable, lib, nil)) assert(not pcall(rawset, lib, 'x', 1)) assert(not pcall(function() lib.x = 1 end)) assert(rawget(lib, 'x') == nil) for k, v in pairs(lib) do assert(not pcall(function() lib[k] = nil end)) end end return 'ok'
