-- expect: error|killed within 400 ms
-- why: a wrapped coroutine whose handlers replace its error
coroutine.wrap(function() local a <close> = setmetatable({}, {__close = function() error("b") end}) local b <close> = setmetatable({}, {__close = function() error("c") end}) error("a") end)()
