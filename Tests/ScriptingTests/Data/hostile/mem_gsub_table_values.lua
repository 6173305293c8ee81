-- expect: memory error|killed|error within 800 ms
-- why: replacements of 1 MB for every byte
return #(('x'):rep(100000):gsub('.', {x = ('y'):rep(1 << 20)}))
