-- expect: memory error|killed|error within 800 ms
-- why: memory runs out in a replacement
local k = {} while true do pcall(string.gsub, ('x'):rep(100), '.', function() while true do k[#k + 1] = {} end end) end
