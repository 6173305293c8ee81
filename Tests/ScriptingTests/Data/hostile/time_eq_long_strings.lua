-- expect: killed within 600 ms
-- why: long texts that are equal but not the same
local a, b = ('x'):rep(3 << 20), ('x'):rep((3 << 20) - 1) b = b .. 'x' local n = 0 while true do if a ~= b then n = n + 1 end end
