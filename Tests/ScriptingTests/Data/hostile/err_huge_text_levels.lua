-- expect: error within 400 ms
-- why: an error of a megabyte at a level that is not there
error(('x'):rep(1 << 20), 1000)
