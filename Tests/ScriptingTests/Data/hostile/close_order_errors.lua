-- expect: ok within 400 ms
-- why: each error replaces the one before, all handlers run
local log = {} local function c(n) return setmetatable({}, {__close = function(_, e) log[#log + 1] = n error(n) end}) end local ok, e = pcall(function() local a <close> = c('a') local b <close> = c('b') local d <close> = c('d') error('x') end) assert(not ok and tostring(e):find('a') and table.concat(log) == 'dba') return 'ok'
