-- expect: true within 400 ms
-- why: the reading of a document is left in the middle, in coroutines that never end
local left = {}
return function(event)
  for i = 1, 20 do
    local co = coroutine.wrap(function(d) for k, v in pairs(d) do coroutine.yield(k) end return nil end)
    co(event.document) left[#left + 1] = co
  end
  for i = 1, #left - 20 do pcall(left[i]) end
  return true
end
