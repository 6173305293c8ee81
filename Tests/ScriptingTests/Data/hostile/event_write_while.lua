-- expect: true within 400 ms
-- why: fields of an event are written to while they are walked over
return function(event)
  local n = 0
  for k, v in pairs(event.document) do n = n + 1 assert(not pcall(function() event.document[k] = nil end)) assert(not pcall(function() event[k] = v end)) end
  return n <= 40
end
