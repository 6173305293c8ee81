-- expect: killed|memory error|error within 800 ms
-- why: copies of a large text by functions that change each
local s = ('aB'):rep(1 << 20) .. 1 local t = {} for i = 1, 1e6 do t[#t + 1] = s:upper() t[#t + 1] = s:lower() t[#t + 1] = s:reverse() s = s:sub(2) end
