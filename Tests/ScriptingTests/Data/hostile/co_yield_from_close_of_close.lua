-- expect: ok|error|killed within 400 ms
-- why: a handler that yields while coroutine.close runs it
local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() coroutine.yield(1) end}) coroutine.yield() end) coroutine.resume(co) pcall(coroutine.close, co) return "ok"
