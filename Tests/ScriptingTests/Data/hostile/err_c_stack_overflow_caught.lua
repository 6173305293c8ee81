-- expect: ok|error|killed within 800 ms
-- why: an overflow of C's stack, caught, many times
local function f(s) return (s:gsub('.', f)) end for i = 1, 50 do assert(not pcall(f, 'x')) end return 'ok'
