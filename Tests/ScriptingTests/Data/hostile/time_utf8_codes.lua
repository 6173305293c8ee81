-- expect: killed|error within 400 ms
-- why: an iterator over a text of continuation bytes
local s = 'a' .. ('\x80'):rep(1 << 20) while true do pcall(function() for _ in utf8.codes(s) do end end) end
