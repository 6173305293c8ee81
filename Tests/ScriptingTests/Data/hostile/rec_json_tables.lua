-- expect: error|ok|killed|memory error within 400 ms
-- why: nested tables given to the host
local t = {} for i = 1, 1e5 do t = {t} end pcall(host.echo, t) pcall(perigee.json.encode, t) return 'ok'
