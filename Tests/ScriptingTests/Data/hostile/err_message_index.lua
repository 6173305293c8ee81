-- expect: killed|error within 400 ms
-- why: an error object whose fields are asked for without end
local t = {} setmetatable(t, {__index = function(_, k) while true do end end}) error(t)
