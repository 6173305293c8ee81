-- expect: killed|memory error|error within 800 ms
-- why: coroutines, each with a deep stack, all asleep
local k = {} local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return 1 end while true do local co = coroutine.create(deep) coroutine.resume(co, 15000) k[#k + 1] = co end
