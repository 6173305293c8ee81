-- expect: killed within 400 ms
-- why: a goto that leaves and enters a scope with a variable to be closed, without end
local n = 0 ::again:: do local x <close> = setmetatable({}, {__close = function() n = n + 1 end}) if n >= 0 then goto again end end
