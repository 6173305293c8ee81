-- expect: killed|memory error|error within 800 ms
-- why: large answers of the host, kept and caught
local t = {} while true do local ok, v = pcall(host.big, 8 << 20) t[#t + 1] = v pcall(host.echo, v, v, v) end
