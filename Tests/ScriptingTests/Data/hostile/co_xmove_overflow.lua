-- expect: error|ok|memory error|killed within 400 ms
-- why: as many values as no stack holds, to a coroutine whose own is full
local function deep(n) if n == 0 then return coroutine.yield() end return 1, deep(n - 1) end local co = coroutine.create(deep) coroutine.resume(co, 10000) for i = 1, 20 do pcall(coroutine.resume, co, table.unpack({}, 1, 990000)) end return "ok"
