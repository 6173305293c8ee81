-- expect: error within 400 ms
-- why: captures opened without end, and references to those still open
for _, p in ipairs{('('):rep(33), '(%1)', '%1', '%b', '%b(', '[', '[^', '[]', '[a-', '[%', '%f', '%fa', '(a))'} do assert(not pcall(string.find, 'aaaa', p), p) end
return ('x'):rep(100):find(('(x'):rep(40))
