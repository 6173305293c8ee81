-- expect: killed|error|nil within 400 ms
-- why: texts that look like numbers to their very end
local s = ('9'):rep(1 << 20) .. 'x' for i = 1, 1e6 do tonumber(s) tonumber('0x' .. s) tonumber(s, 36) end
