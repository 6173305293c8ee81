-- expect: error|memory error|killed within 800 ms
-- why: errors whose messages carry all before them
local m = 'x' while true do local ok, e = pcall(error, m .. m) m = e end
