-- expect: killed|memory error within 400 ms
-- why: texts of zero bytes, which are compared one by one
local a = ('\0'):rep(7400000) local b = ('\0'):rep(7399999) .. 'x' local n = 0 while true do if a < b then n = n + 1 end end
