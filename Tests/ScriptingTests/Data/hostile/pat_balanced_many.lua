-- expect: killed|error|nil within 400 ms
-- why: a balanced match that is begun at every place and never closed
local s = ('('):rep(1 << 20) for i = 1, 1000 do s:find('%b()') end
