-- expect: killed|error within 600 ms
-- why: four million spaces before a value
local s = (' '):rep(4 << 20) .. '1' while true do pcall(perigee.json.decode, s) end
