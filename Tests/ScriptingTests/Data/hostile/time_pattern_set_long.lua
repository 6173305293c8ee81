-- expect: killed|error|nil|true within 400 ms
-- why: a set of 60,000 bytes
local p = '[' .. ('a-z'):rep(20000) .. ']' local s = ('_'):rep(100000) while true do s:find(p) end
