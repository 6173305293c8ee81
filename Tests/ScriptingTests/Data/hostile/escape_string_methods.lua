-- expect: ok within 400 ms
-- why: nothing of the host through the metatable of strings, functions, numbers, nil or coroutines
assert(getmetatable('') == false) for _, v in ipairs{1, true, print, coroutine.create(print)} do assert(getmetatable(v) == nil) end
assert(not pcall(function() ('').x.y = 1 end) and not pcall(setmetatable, '', {}) and not pcall(function() string.x = 1 end) and not pcall(rawset, string, 'x', 1))
assert(load == nil and loadstring == nil and dofile == nil and loadfile == nil and io == nil and os == nil and debug == nil and package == nil and collectgarbage == nil and string.dump == nil and warn == nil) return 'ok'
