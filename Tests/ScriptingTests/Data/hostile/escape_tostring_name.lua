-- expect: ok within 400 ms
-- why: a __name that looks like the host's
local t = setmetatable({}, {__name = 'vector'}) assert(tostring(t):find('^vector: ')) assert(not pcall(function() return #host.echo end)) return 'ok'
