-- expect: killed|error|ok within 400 ms
-- why: each closing raises another error, over and over
for i = 1, 1e9 do local co = coroutine.create(function() local a <close> = setmetatable({}, {__close = function(_, e) error({e}) end}) local b <close> = setmetatable({}, {__close = function(_, e) error({e}) end}) coroutine.yield() end) coroutine.resume(co) coroutine.close(co) end
