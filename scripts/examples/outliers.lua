-- kind: batch
-- description: Documents whose number lies far from the others, by the median and not the mean
local name, field = arg[1] or "tickets", arg[2] or "minutes"
local numbers, ids = {}, {}
for document in perigee.documents.each{collection = name, select = {field}} do
  local value = document[field]
  if type(value) == "number" then numbers[#numbers + 1], ids[#ids + 1] = value, document.document_id end
end
if #numbers < 3 then return "too few numbers" end
local median, deviations = perigee.stats.median(numbers), {}
for i, value in ipairs(numbers) do deviations[i] = math.abs(value - median) end
local scale = 1.4826 * perigee.stats.median(deviations)
for i, value in ipairs(numbers) do
  if scale > 0 and deviations[i] > 3 * scale then print(ids[i], value) end
end
print(("median %g, 95th percentile %g"):format(median, perigee.stats.quantile(numbers, 0.95)))
