-- expect: ok|error|killed within 400 ms
-- why: a closing handler that resumes what is being closed
local co co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() local ok, e = coroutine.resume(co) assert(not ok) pcall(coroutine.close, co) end}) coroutine.yield() end) coroutine.resume(co) coroutine.close(co) return "ok"
