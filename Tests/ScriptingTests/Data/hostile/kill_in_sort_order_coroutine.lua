-- expect: killed within 400 ms
-- why: an order function that resumes coroutines that never end
table.sort({5, 4, 3, 2, 1}, function(a, b) pcall(coroutine.wrap(function() while true do end end)) return a < b end)
