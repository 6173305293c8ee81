-- kind: batch
-- description: Pairs of documents whose vectors are nearly the same
local name, index, threshold = arg[1] or "tickets", arg[2] or "topic", tonumber(arg[3] or "0.9999")
local ids, vectors = {}, {}
for document in perigee.documents.each{collection = name, vectors = true} do
  local numbers = document.vectors and document.vectors[index]
  if numbers then
    ids[#ids + 1] = document.document_id
    vectors[#vectors + 1] = perigee.vector.new(numbers)
  end
end
local found = 0
for i = 1, #vectors do
  for _, near in ipairs(perigee.vector.nearest(vectors[i], vectors, 2)) do
    if near.index > i and near.score >= threshold then
      found = found + 1
      print(ids[i], ids[near.index], ("%.5f"):format(near.score))
    end
  end
end
perigee.log.info(found .. " pairs among " .. #vectors .. " documents")
