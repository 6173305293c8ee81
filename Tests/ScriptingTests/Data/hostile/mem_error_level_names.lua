-- expect: error|killed|memory error within 400 ms
-- why: a function's name of 30,000 bytes in each message
local t = {} local n = ('n'):rep(30000) t[n] = {} while true do pcall(function() return t[n].x.y end) pcall(function() t[n]() end) end
