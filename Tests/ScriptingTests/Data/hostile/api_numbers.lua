-- expect: ok|error within 400 ms
-- why: numbers at the ends to the host
assert(host.add(math.maxinteger, 1) == math.mininteger) for _, v in ipairs{0/0, 1/0, -1/0, 2^63, 1.5, '5', true} do pcall(host.add, v, v) pcall(host.big, v) assert(host.echo(v) == v or v ~= v) end pcall(host.big, -1) pcall(host.big, math.mininteger) return 'ok'
