-- expect: ok|error|memory error|killed within 400 ms
-- why: many values through resume and yield
local co = coroutine.create(function(...) while true do local n = select("#", coroutine.yield(...)) end end) for i = 1, 50 do pcall(coroutine.resume, co, table.unpack({}, 1, 4000 * i)) end return "ok"
