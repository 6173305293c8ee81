-- expect: killed|error|nil within 400 ms
-- why: a number after four million spaces
local s = (' '):rep(4 << 20) .. '1' .. (' '):rep(1 << 20) while true do local _ = tonumber(s) end
