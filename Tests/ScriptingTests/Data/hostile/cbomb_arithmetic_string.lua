-- expect: killed|error|memory error|true within 400 ms
-- why: arithmetic on a string of 7 MB
local s = string.rep(' ', 7000000) .. '1' local n = 0 while true do n = n + s end
