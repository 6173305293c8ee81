-- expect: nil|error|killed within 400 ms
-- why: a chain of __call that is thousands long
local t = print for i = 1, 5000 do t = setmetatable({}, {__call = t}) end return t(1)
