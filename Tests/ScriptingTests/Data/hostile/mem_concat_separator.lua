-- expect: error|memory error|killed within 800 ms
-- why: a separator of 7 MB between a million nothings
local t = {} for i = 1, 100000 do t[i] = '' end return #table.concat(t, ('s'):rep(7000000))
