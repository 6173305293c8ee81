-- expect: error within 400 ms
-- why: an object whose message is a megabyte
error({message = ('m'):rep(1 << 20), code = 1})
