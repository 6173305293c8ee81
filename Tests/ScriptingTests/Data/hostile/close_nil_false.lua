-- expect: ok within 400 ms
-- why: nothing to close, and what cannot be closed
do local a <close> = nil local b <close> = false end assert(not pcall(function() local x <close> = {} end) and not pcall(function() local x <close> = 1 end) and not pcall(function() local x <close> = string end)) return 'ok'
