-- expect: error|memory error|true within 400 ms
-- why: a text of 8 MB as the result
return #('x'):rep(8 << 20) == 8 << 20
