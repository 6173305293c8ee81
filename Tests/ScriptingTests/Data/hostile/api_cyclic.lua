-- expect: ok within 400 ms
-- why: tables that contain themselves, deep ones, odd keys and metatables as arguments
local c = {} c.c = c local deep = {} for i = 1, 5000 do deep = {deep} end
for _, v in ipairs{c, deep, {[0/0 ~= 0/0] = 1}, {[1.5] = 1}, setmetatable({}, {__index = error, __len = error, __pairs = error, __tostring = error}), print, coroutine.create(print)} do pcall(host.echo, v) pcall(host.add, v, v) pcall(host.fail, v) end assert(host.add(1, 2) == 3) return 'ok'
