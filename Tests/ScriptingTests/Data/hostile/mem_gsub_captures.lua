-- expect: memory error|killed|error within 800 ms
-- why: every capture is the whole rest
local s = ('x'):rep(3000) local k = {} for i = 1, 1e9 do k[i] = {s:find('((((((((.*))))))))')} k[i][3] = k[i][3] .. i end
