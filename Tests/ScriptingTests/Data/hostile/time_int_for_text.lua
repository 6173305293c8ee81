-- expect: killed|error within 400 ms
-- why: a long text of a number as a bound and index
local s = (' '):rep(1 << 20) .. '3' while true do pcall(string.rep, 'x', s) pcall(string.sub, 'x', s, s) pcall(math.floor, s) pcall(select, s, 1) end
