-- expect: killed within 400 ms
-- why: an iterator of gmatch whose every step is long, caught each time
local s = ('a'):rep(3000) while true do pcall(function() for w in s:gmatch('.-.-.-b') do end end) end
