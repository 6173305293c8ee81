-- expect: error|killed|ok within 400 ms
-- why: xpcall within its own handler, all the way down
local function h(e) return select(2, xpcall(error, h, e)) end local a = xpcall(error, h, 1) return "ok"
