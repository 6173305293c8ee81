-- expect: error within 400 ms
-- why: the name of a kind that fills a message
local name = ('n'):rep(1 << 20) error(setmetatable({}, {__name = name}))
