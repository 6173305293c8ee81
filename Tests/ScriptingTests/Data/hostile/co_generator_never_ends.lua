-- expect: killed within 400 ms
-- why: generators within generators
local function gen(n) return coroutine.wrap(function() if n == 0 then while true do coroutine.yield(1) end end for x in gen(n - 1) do coroutine.yield(x) end end) end for x in gen(20) do end
