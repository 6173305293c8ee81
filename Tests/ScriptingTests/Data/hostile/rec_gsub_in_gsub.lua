-- expect: error|killed|ok within 400 ms
-- why: gsub within its own replacement
local function f(s) return (s:gsub('.', f)) end local ok = pcall(f, 'x') assert(not ok) return 'ok'
