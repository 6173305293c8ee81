-- expect: error|memory error within 400 ms
-- why: one fixed size beyond every limit
return #string.pack('c2147483647', 'x')
