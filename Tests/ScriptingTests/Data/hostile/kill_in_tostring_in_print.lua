-- expect: killed within 400 ms
-- why: print asks a __tostring that never ends
while true do pcall(print, setmetatable({}, {__tostring = function() while true do end end})) end
