-- expect: killed|error|memory error|true within 400 ms
-- why: 5,000 endless __close handlers
local mt = {__close = function() while true do end end}
local function f(n) local a <close> = setmetatable({}, mt) if n == 0 then while true do end end return (f(n - 1)) end
return f(5000)