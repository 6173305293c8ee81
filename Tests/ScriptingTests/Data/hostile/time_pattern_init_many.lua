-- expect: killed|error within 400 ms
-- why: matches begun at each place by init
local s = ('x'):rep(1 << 20) while true do for i = 1, #s, 1000 do s:match('x*y', i) end end
