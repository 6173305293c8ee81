-- expect: ok|error within 400 ms
-- why: the host's functions as coroutines
for _, f in ipairs{host.echo, host.fail, host.add, host.big} do local co = coroutine.create(f) for i = 1, 3 do coroutine.resume(co, i, i) end pcall(coroutine.wrap(f), 1, 2) coroutine.close(co) end return 'ok'
