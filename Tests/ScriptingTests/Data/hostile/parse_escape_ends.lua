-- expect: error within 400 ms
-- why: an escape at the very end of the source
return 'abc\
