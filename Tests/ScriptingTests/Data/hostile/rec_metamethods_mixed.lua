-- expect: error|killed|ok within 400 ms
-- why: a different metamethod at each level
local mt = {} local t = setmetatable({}, mt) mt.__index = function() return t + 1 end mt.__add = function() return t .. 1 end mt.__concat = function() return -t end mt.__unm = function() return t() end mt.__call = function() return #t end mt.__len = function() return t.x end local ok = pcall(function() return t.x end) assert(not ok) return "ok"
