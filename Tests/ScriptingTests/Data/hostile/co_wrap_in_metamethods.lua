-- expect: ok|error|killed within 400 ms
-- why: wrapped coroutines as every metamethod
local mt = {} for _, n in ipairs{"index", "newindex", "call", "add", "concat", "len", "eq", "lt", "le", "unm", "close", "tostring", "pairs"} do mt["__" .. n] = coroutine.wrap(function(...) while true do coroutine.yield(...) end end) end local t = setmetatable({}, mt) for i = 1, 10 do pcall(function() local x <close> = t return t.x, t(1), t + 1, t .. 1, #t, t == setmetatable({}, mt), t < t, -t end) pcall(tostring, t) pcall(pairs, t) end return "ok"
