-- expect: ok|error|memory error|killed within 400 ms
-- why: 200 to be closed at once, with a full stack
local c = setmetatable({}, {__close = function(...) local t = {table.unpack({}, 1, 5000)} end}) local function f(n) local x <close> = c if n > 0 then f(n - 1) end end pcall(f, 180) pcall(f, 5000) return 'ok'
