-- expect: ok|error|killed|memory error within 800 ms
-- why: a stack overflow whose handler overflows, too
local function f() return 1 + f() end for i = 1, 10 do xpcall(f, function(e) return f() end) end return "ok"
