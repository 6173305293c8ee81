-- expect: ok|error within 400 ms
-- why: keys that are removed, and collected, under a traversal
local t = {} for i = 1, 300 do t['k' .. i] = {} end
for k in pairs(t) do t[k] = nil local junk = {} for i = 1, 50 do junk[i] = k .. i end end assert(next(t) == nil) return 'ok'
