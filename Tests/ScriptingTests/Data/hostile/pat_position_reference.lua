-- expect: nil within 400 ms
-- why: a reference back to a capture of a position, which has no length
return (('a'):rep(100)):find('(()%2)')
