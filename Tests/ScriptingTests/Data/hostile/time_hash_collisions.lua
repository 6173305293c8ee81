-- expect: killed|true|memory error|error within 800 ms
-- why: texts that differ where a hash may not look
local t = {} for i = 1, 1e9 do t[('a'):rep(20) .. string.format('%010d', i) .. ('b'):rep(20)] = i % 2 == 0 and nil or i end return true
