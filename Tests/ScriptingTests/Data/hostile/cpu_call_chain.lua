-- expect: killed|error|memory error within 400 ms
-- why: 40,000 tables that call each other shift all arguments at each step
local f = function() end for i = 1, 40000 do f = setmetatable({}, {__call = f}) end f()
