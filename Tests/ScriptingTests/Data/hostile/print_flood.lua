-- expect: killed|error|nil|memory error within 800 ms
-- why: print without end
while true do print(("x"):rep(1000)) end
