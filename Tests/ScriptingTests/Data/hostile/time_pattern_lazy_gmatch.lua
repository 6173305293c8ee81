-- expect: killed within 400 ms
-- why: lazy items that meet their ends late
local s = ('ab'):rep(20000) while true do for a, b in s:gmatch('(.-)(b-)c') do end end
