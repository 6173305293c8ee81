-- expect: error|memory error within 400 ms
-- why: a filter that calls itself with the event
local function f(event) return 1 + f(event) end return f
