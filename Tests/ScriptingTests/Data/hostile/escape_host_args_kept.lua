-- expect: ok within 400 ms
-- why: what the host is given is not kept for others
local r = table.pack(host.echo(1, 'a', nil, true, 2.5)) assert(r[1] == 1 and r[2] == 'a' and r[4] == true and r[5] == 2.5) assert(host.echo() == nil) return 'ok'
