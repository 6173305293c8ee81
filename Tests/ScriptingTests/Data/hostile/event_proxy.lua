-- expect: true within 400 ms
-- why: a document as the __index of tables, chains of them, and as keys
local chain = {}
return function(event)
  local d = event.document
  local t = setmetatable({}, {__index = d}) local u = t
  for i = 1, 80 do u = setmetatable({}, {__index = u}) end
  assert(u.kind == d.kind and u[1] == nil and u[d] == nil and t[0/0] == nil)
  chain[d] = event chain[event] = d
  return chain[d] == event and rawequal(chain[event], d)
end
