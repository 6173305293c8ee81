-- expect: ok within 400 ms
-- why: methods of texts cannot be replaced
local s = 'x' assert(not pcall(function() s.upper = nil end)) assert(not pcall(function() string.upper = nil end)) assert(not pcall(function() getmetatable(s).__index = {} end)) assert(s:upper() == 'X') return 'ok'
