-- expect: killed|error|true|memory error within 800 ms
-- why: coroutines that close each other while they close
local cs = {} for i = 1, 3000 do local p = cs[i - 1] cs[i] = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() if p then coroutine.close(p) end error(i) end}) coroutine.yield() end) coroutine.resume(cs[i]) end local ok, e = coroutine.close(cs[#cs]) return ok == false
