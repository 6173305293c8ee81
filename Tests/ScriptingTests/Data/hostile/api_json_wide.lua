-- expect: killed|memory error|error|ok within 800 ms
-- why: objects of very many members
local t = {} for i = 1, 1e6 do t['k' .. i] = i end return #perigee.json.encode(t) > 0 and 'ok'
