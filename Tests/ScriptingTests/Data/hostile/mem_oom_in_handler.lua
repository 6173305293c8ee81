-- expect: memory error|killed|error within 800 ms
-- why: memory runs out in a message handler
while true do xpcall(error, function() local t = {} while true do t[#t + 1] = {} end end) end
