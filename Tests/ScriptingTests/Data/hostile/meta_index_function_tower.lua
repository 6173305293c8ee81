-- expect: killed|error|memory error within 400 ms
-- why: __index functions within each other until the C stack would end
local function f(t, k) return setmetatable({}, {__index = f})[k] end return f({}, "x")
