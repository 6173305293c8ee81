-- expect: killed|memory error|error within 800 ms
-- why: JSON of JSON of JSON
local t = "x" while true do t = perigee.json.encode({t, t}) perigee.json.decode(t) end
