-- expect: memory error|killed|error within 600 ms
-- why: dead coroutines that keep their errors, each larger than the one before
local t, s = {}, 'x' for i = 1, 1e6 do local co = coroutine.create(function() error(s .. i) end) coroutine.resume(co) t[i] = co s = s .. s:sub(1, 1000) end
