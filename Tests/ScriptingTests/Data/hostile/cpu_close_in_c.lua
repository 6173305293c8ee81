-- expect: killed|error|memory error|true within 400 ms
-- why: endless __close handlers that are C functions
local mt = {__close = coroutine.wrap(function() while true do coroutine.yield() end end)}
local function f(n) local a <close> = setmetatable({}, mt) if n == 0 then while true do end end return (f(n - 1)) end
while true do pcall(f, 100) end