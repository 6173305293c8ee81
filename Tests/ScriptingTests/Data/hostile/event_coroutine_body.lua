-- expect: true within 400 ms
-- why: a coroutine that judges all events, one after the other
local co = coroutine.wrap(function(event) while true do event = coroutine.yield(event.document.a == nil or true) end end) return function(event) return co(event) end
