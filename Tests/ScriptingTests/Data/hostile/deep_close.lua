-- expect: killed|memory error|nil within 400 ms
-- why: 30,000 to be closed, one in the call of the other, again and again
local mt = {__close = function() end} local function f(n) local x <close> = setmetatable({}, mt) if n == 0 then error('x') end f(n - 1) return 1 end for i = 1, 100 do pcall(f, 30000) end
