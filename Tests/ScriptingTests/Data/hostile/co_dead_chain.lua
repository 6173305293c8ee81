-- expect: killed|memory error within 800 ms
-- why: coroutines that keep the one before in their dead stacks
local last while true do local before = last last = coroutine.create(function() local keep = before error(keep) end) coroutine.resume(last) end
