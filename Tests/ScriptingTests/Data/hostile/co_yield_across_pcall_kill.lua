-- expect: killed within 400 ms
-- why: yields across pcall while the time runs out
local co = coroutine.wrap(function() while true do pcall(function() coroutine.yield() while true do coroutine.yield() end end) end end) while true do co() end
