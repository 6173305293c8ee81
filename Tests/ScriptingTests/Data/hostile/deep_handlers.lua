-- expect: killed|memory error|ok|error within 400 ms
-- why: handlers of stack overflows that overflow and handle that
local function f() return 1 + f() end local function h(e) xpcall(f, h) return e end for i = 1, 100 do xpcall(f, h) end return 'ok'
