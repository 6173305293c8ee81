-- expect: ok|error|memory error within 400 ms
-- why: 200,000 arguments to the host
pcall(host.echo, table.unpack({}, 1, 200000)) pcall(host.fail, table.unpack({}, 1, 200000)) return "ok"
