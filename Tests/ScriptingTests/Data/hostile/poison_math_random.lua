-- expect: ok within 400 ms
-- why: seeds are this run's own
math.randomseed(42) local a = math.random(1 << 30) math.randomseed(42) assert(math.random(1 << 30) == a) assert(not pcall(math.random, 2, 1)) assert(not pcall(math.random, 0.5)) assert(math.random(math.mininteger, math.maxinteger)) assert(math.random(0)) return 'ok'
