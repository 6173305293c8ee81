-- expect: error|killed|ok within 400 ms
-- why: handlers to be closed that open others
local function f() local x <close> = setmetatable({}, {__close = f}) end local ok = pcall(f) assert(not ok) return "ok"
