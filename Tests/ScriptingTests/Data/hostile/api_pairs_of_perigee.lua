-- expect: ok|error within 400 ms
-- why: a walk over the whole library
local n = 0 for k, v in pairs(perigee) do n = n + 1 if type(v) == 'table' then for a, b in pairs(v) do n = n + 1 assert(not pcall(function() v[a] = 1 end)) end end end assert(n > 5) return 'ok'
