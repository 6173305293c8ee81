-- kind: metric
-- description: Which share of the articles has a title that another one has, too
return function(ctx)
  local total, doubled = 0, 0
  for _, row in ipairs(perigee.documents.distinct("articles", "title")) do
    total = total + row.count
    if row.count > 1 then doubled = doubled + row.count end
  end
  return total > 0 and doubled / total or 0
end
