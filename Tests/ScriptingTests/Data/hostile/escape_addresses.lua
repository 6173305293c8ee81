-- expect: ok within 400 ms
-- why: no address of memory is shown
local a = tostring({}) local p = a:match('0x%x+') assert(p == nil, a) assert(not pcall(string.format, '%p', {})) assert(not tostring(print):find('builtin')) return 'ok'
