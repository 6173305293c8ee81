-- expect: killed|memory error|error within 800 ms
-- why: texts of which each byte is six
local s = ('\1'):rep(2 << 20) local k = {} while true do k[#k + 1] = perigee.json.encode(s) end
