-- expect: killed|memory error within 600 ms
-- why: one instruction that joins two megabytes
local a = ('x'):rep(3 << 20) while true do local b = a .. 'y' end
