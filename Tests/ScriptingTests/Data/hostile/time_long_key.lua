-- expect: killed|memory error within 600 ms
-- why: a long text as a key is hashed and compared each time
local k = ('k'):rep(1 << 20) local t = {[k] = 1} local n = 0 while true do n = n + t[('k'):rep(1 << 20)] end
