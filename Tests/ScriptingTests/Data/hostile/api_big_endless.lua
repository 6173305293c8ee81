-- expect: killed|memory error|error within 800 ms
-- why: megabytes from the host, dropped each time
while true do pcall(host.big, 4 << 20) end
