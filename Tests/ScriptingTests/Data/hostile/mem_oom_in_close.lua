-- expect: memory error|killed|error within 800 ms
-- why: memory runs out in a handler to be closed
while true do pcall(function() local x <close> = setmetatable({}, {__close = function() local t = {} while true do t[#t + 1] = {} end end}) error("x") end) end
