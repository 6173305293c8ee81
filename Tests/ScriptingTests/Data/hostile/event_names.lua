-- expect: true within 400 ms
-- why: more names than are remembered, of every length, in changing order, with zero bytes and quotes
return function(event)
  local d, n = event.document, 0
  for round = 1, 3 do for i = 1, 200 do
    for _, k in ipairs{('k'):rep(i), 'a' .. i, '\0' .. i, '"' .. i, '\\u0041', tostring(i), 'key', 'a', ''} do if d[k] ~= nil then n = n + 1 end end
  end end
  return n >= 0
end
