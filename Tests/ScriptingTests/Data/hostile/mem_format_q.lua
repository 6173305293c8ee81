-- expect: memory error|killed|error within 800 ms
-- why: %q of a text of which every byte is four
local s = ('\0'):rep(4 << 20) local t = {} for i = 1, 1e6 do t[i] = string.format('%q', s) end
