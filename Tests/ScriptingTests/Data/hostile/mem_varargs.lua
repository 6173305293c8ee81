-- expect: killed|memory error|error within 600 ms
-- why: arguments that double with each call
local function f(...) return f(..., ...) end local function g(...) return g(1, 2, 3, 4, 5, 6, 7, 8, ...) end pcall(f, 1) return g()
