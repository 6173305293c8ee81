-- expect: error|killed|ok within 400 ms
-- why: sort within its own order function
local function f(a, b) table.sort({3, 2, 1}, f) return a < b end local ok = pcall(table.sort, {3, 2, 1}, f) assert(not ok) return "ok"
