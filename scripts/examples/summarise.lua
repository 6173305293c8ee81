-- kind: action
-- description: Keep one document a day with the counts by kind
return function(ctx)
  local day = perigee.time.format(ctx.now):sub(1, 10)
  local kinds = perigee.documents.aggregate("tickets", {group_by = "kind"})
  local summary = {document_id = day, day = day, total = 0}
  for _, row in ipairs(kinds) do
    summary[row.kind or "none"] = row.count
    summary.total = summary.total + row.count
  end
  perigee.documents.put("summaries", summary)
  return summary.total
end
