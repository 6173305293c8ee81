-- expect: error within 400 ms
-- why: a filter that yields
return function(event) coroutine.yield(true) return true end
