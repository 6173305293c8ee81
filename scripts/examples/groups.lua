-- kind: batch
-- description: Group documents by their vectors right here, without a stored clustering
local name, index, k = arg[1] or "tickets", arg[2] or "topic", tonumber(arg[3] or "3")
local documents, vectors = {}, {}
for document in perigee.documents.each{collection = name, vectors = true} do
  if document.vectors and document.vectors[index] then
    documents[#documents + 1] = document
    vectors[#vectors + 1] = document.vectors[index]
  end
end
if #vectors < k then return "too few vectors" end
local result = perigee.vector.kmeans(vectors, k, {seed = 7})
local sizes = {}
for i, label in ipairs(result.labels) do
  sizes[label] = sizes[label] or {}
  local kind = documents[i].kind or "?"
  sizes[label][kind] = (sizes[label][kind] or 0) + 1
end
for label, kinds in ipairs(sizes) do print("group " .. label, kinds) end
