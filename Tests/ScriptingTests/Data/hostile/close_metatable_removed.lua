-- expect: ok|error within 400 ms
-- why: a handler that is taken away before it is needed
local t = setmetatable({}, {__close = function() end}) local ok = pcall(function() local x <close> = t setmetatable(t, nil) end) local ok2 = pcall(function() local y <close> = setmetatable({}, {__close = 5}) end) return 'ok'
