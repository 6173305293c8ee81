-- expect: error within 400 ms
-- why: code points and positions beyond what there is
assert(not pcall(utf8.char, -1) and not pcall(utf8.char, 1 << 31) and utf8.len('\xff') == nil and utf8.len('\xed\xa0\x80') == nil)
assert(not pcall(utf8.offset, 'abc', 1, 99) and not pcall(utf8.codepoint, 'abc', 4)) local n = 0 assert(not pcall(function() for _ in utf8.codes('a\xffb') do n = n + 1 end end))
return utf8.codepoint(('\xf4'):rep(8), 1, -1)
