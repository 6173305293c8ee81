-- kind: predicate
-- description: When a collection has grown by a tenth since this last held
return function(ctx)
  local count = ctx:count("articles")
  local before = ctx.state.count or 0
  local grown = before == 0 and count or (count - before) / before
  if count == 0 or grown < 0.1 then return false, ("grown by %.0f %%"):format(grown * 100) end
  ctx.state.count = count
  return true, count .. " articles"
end
