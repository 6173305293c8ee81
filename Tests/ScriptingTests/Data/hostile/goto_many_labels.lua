-- expect: ok within 400 ms
-- why: as many labels as a function takes
local n = 0 goto l1 ::l3:: n = n + 1 goto done ::l2:: n = n + 1 goto l3 ::l1:: n = n + 1 goto l2 ::done:: assert(n == 3) return 'ok'
