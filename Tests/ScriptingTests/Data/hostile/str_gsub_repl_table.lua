-- expect: killed|error within 400 ms
-- why: a replacement table whose __index never answers twice the same and never ends
local n = 0 local t = setmetatable({}, {__index = function(_, k) n = n + 1 return k .. k end})
local s = ('a'):rep(1000) while true do s = s:gsub('.', t):sub(1, 1000) end
