-- expect: true within 400 ms
-- why: an event and its document as JSON, in each other, too deep and too often
return function(event)
  local e = perigee.json.encode
  local d = event.document
  local ok, text = pcall(e, d)
  local deep = d for i = 1, 100 do deep = {deep} end
  assert(not pcall(e, deep))
  local wide = {} for i = 1, 300 do wide[i] = d end
  pcall(e, wide) pcall(e, {[d] = 1}) pcall(e, {x = event}) pcall(e, setmetatable({}, {__index = d}))
  return ok and type(text) == 'string'
end
