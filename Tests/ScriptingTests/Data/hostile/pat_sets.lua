-- expect: true within 800 ms
-- why: sets and frontiers that never close, at every length
for i = 0, 100 do local x = ('a'):rep(i) for _, p in ipairs{'[', '[^', '[]', '[^]', '[a-', '[%', '%f', '%f[', '%b', '%bx', '(', '()', ')', '%1', '%', '[a-%'} do pcall(string.find, x, p .. x) pcall(string.find, x, x .. p) pcall(string.gsub, x, p, x) end end
assert(not pcall(string.find, 'x', '[a')) assert(not pcall(string.find, 'x', '%')) assert(not pcall(string.gsub, 'x', 'x', '%2')) return ('a-b'):find('[a-]', 2) == 2
