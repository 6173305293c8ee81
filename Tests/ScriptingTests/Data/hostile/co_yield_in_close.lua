-- expect: ok|error within 400 ms
-- why: a __close that yields, in a loop that is left by break
local co = coroutine.wrap(function() for i = 1, 3 do local x <close> = setmetatable({}, {__close = function() coroutine.yield(i) end}) if i == 2 then break end end return 'ok' end)
assert(co() == 1 and co() == 2) return co()
