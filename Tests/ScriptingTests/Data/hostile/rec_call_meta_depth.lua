-- expect: error|killed|ok within 400 ms
-- why: a __call that calls itself through pcall
local t = setmetatable({}, {}) getmetatable(t).__call = function(self) return pcall(self) end local ok = t() return "ok"
