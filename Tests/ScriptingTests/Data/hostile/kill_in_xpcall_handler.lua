-- expect: killed within 400 ms
-- why: the message handler is where it never ends
while true do xpcall(error, function() while true do end end) end
