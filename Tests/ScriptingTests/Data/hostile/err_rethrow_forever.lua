-- expect: killed within 400 ms
-- why: caught and raised again
local function f() local ok, e = pcall(error, "x") error(e) end while true do pcall(f) end
