-- expect: memory error|killed within 800 ms
-- why: a filter that keeps what it reads until there is no more memory
local kept = {} return function(event) while true do for k, v in pairs(event.document) do kept[#kept + 1] = {k, v, perigee.json.encode(event.document)} end kept[#kept + 1] = event.payload kept[#kept + 1] = {} end end
