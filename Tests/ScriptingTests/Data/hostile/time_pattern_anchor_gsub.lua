-- expect: killed|ok within 600 ms
-- why: gsub with frontiers at each place
local s = ('a b '):rep(1 << 17) while true do s:gsub('%f[%w]%w-%f[%W]', '%0') end
