-- expect: killed|error|nil within 400 ms
-- why: a back reference to a long capture, compared at every place
local s = ('a'):rep(20000) return s:find('(a*)b%1')
