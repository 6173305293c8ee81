-- expect: true within 400 ms
-- why: events and documents kept beyond their time, together and one in another
local seen = {}
return function(event)
  seen[#seen + 1] = event seen[#seen + 1] = event.document
  for i = 1, #seen do local ok = pcall(function() return seen[i].a, seen[i].document, seen[i].payload end) end
  for i = 1, 200 do seen[#seen + 1] = {event.document, event} end
  return true
end
