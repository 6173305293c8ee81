-- expect: ok within 400 ms
-- why: empty matches at every place, with anchors and frontiers, must come to an end
assert(('abc'):gsub('', '-') == '-a-b-c-') assert(('abc'):gsub('^', '-') == '-abc') assert(('a b'):gsub('%f[%w]%w*', 'x') == 'x x')
assert(('aaa'):gsub('a-', 'x') == 'xaxaxax') assert(('abc'):gsub('$', '.') == 'abc.') local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end assert(n == 4) return 'ok'
