-- expect: killed|error|memory error within 600 ms
-- why: a number of a million digits
local s = ('1'):rep(1 << 20) while true do pcall(perigee.json.decode, s) pcall(perigee.json.decode, '0.' .. s) pcall(perigee.json.decode, '1e' .. s) end
