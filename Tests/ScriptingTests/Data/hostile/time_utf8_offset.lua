-- expect: killed|error within 400 ms
-- why: places of characters counted from the far end
local s = ('é'):rep(1 << 20) local n = 0 while true do n = n + utf8.offset(s, 1 << 19) end
