-- expect: killed|memory error|error within 800 ms
-- why: empty arrays by the million
local s = '[' .. ('[],'):rep(1 << 19) .. '[]]' while true do pcall(perigee.json.decode, s) end
