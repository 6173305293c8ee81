-- expect: ok|error|killed within 400 ms
-- why: the host called in handlers, iterators and orders at once
local c = setmetatable({}, {__close = host.add, __index = host.echo, __call = host.echo}) for i = 1, 200 do pcall(function() local x <close> = c return x.y, x(1), error('z') end) end pcall(table.sort, {3, 1, 2}, host.add) for _ in host.echo do break end return 'ok'
