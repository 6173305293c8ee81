-- kind: batch
-- description: Counts and times by kind, as lines for a spreadsheet
local name = arg[1] or "tickets"
local rows = perigee.documents.aggregate(name, {group_by = {"kind", "status"}, mean = "minutes", max = "minutes"})
table.sort(rows, function(a, b) return a.count > b.count end)
print("kind", "status", "count", "mean", "longest")
for _, row in ipairs(rows) do
  print(row.kind, row.status, row.count, ("%.1f"):format(row.mean_minutes or 0), row.max_minutes or "")
end
