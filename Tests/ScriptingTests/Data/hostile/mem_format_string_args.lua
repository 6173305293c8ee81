-- expect: memory error|killed|error within 800 ms
-- why: string.format of many large arguments
local s = ('x'):rep(1 << 20) local a = {} for i = 1, 100 do a[i] = s end return #string.format(('%s'):rep(100), table.unpack(a))
