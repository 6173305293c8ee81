-- expect: error|killed|ok within 400 ms
-- why: resume within resume by the thousand
local function go(n) if n == 0 then return 1 end local ok, v = coroutine.resume(coroutine.create(go), n - 1) if not ok then error(v, 0) end return v end local ok, e = pcall(go, 5000) assert(not ok) return "ok"
