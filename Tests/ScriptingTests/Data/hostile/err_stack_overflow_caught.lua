-- expect: ok|error|killed within 800 ms
-- why: a stack overflow that is caught, many times
local function f() return 1 + f() end for i = 1, 20 do local ok, e = pcall(f) assert(not ok) end return "ok"
