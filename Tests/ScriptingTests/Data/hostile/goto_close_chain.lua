-- expect: true|killed|error within 400 ms
-- why: to-be-closed variables in loops that jump back out of them
local n = 0
local function c() return setmetatable({}, {__close = function() n = n + 1 if n % 7 == 0 then error('x') end end}) end
for i = 1, 2000 do pcall(function() ::again:: do local a <close> = c() local b <close> = c() if n % 5 ~= 0 then goto again end end end) end return true
