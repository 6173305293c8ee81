-- expect: true within 400 ms
-- why: the metatables of events and documents are out of reach and cannot be lent to others
return function(event)
  for _, v in ipairs{event, event.document or event} do
    assert(type(getmetatable(v)) ~= 'table') assert(not pcall(setmetatable, v, {})) assert(not pcall(rawset, v, 'a', 1))
    assert(not pcall(rawget, v, 'a')) assert(not pcall(next, v)) assert(not pcall(function() v.a = 1 end)) assert(not pcall(table.insert, v, 1))
    assert(not pcall(function() return #v end)) assert(not pcall(table.unpack, v)) assert(not pcall(string.rep, v, 3))
  end
  return true
end
