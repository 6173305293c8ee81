-- expect: memory error|killed|error within 800 ms
-- why: iterators that are begun and kept, with patterns as long as allowed
local p = ('[a-z]'):rep(5000) local k = {} while true do k[#k + 1] = ('x'):rep(10):gmatch(p) end
