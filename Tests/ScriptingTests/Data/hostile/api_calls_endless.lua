-- expect: killed within 400 ms
-- why: calls of the host without end
while true do host.add(1, 2) end
