-- expect: killed|memory error within 800 ms
-- why: JSON of a large value, read and written
local t = {} for i = 1, 5000 do t[i] = {i, 'text ' .. i, {a = i}} end while true do local s = perigee.json.encode(t) perigee.json.decode(s) end
