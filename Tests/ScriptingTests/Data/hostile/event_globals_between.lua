-- expect: true within 400 ms
-- why: globals that one event leaves to the next are the filter's own
count = 0 return function(event) count = count + 1 _G['k' .. count] = event assert(_G['k' .. (count - 1)] == nil or _G['k' .. (count - 1)] == event) return true end
