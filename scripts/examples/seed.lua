-- kind: batch
-- description: A collection with a hundred tickets to play with
local name = arg[1] or "tickets"
if not perigee.collections.get(name) then
  perigee.collections.create{collection_name = name, vector_indexes = {{name = "topic", dimensions = 4, metric = "cosine"}}}
end
local kinds, batch = {"urgent", "calm", "idea"}, {}
for i = 1, 100 do
  local kind = kinds[i % #kinds + 1]
  local vector = {0.1, 0.1, 0.1, 0.1}
  vector[i % #kinds + 1] = 1 + i / 1000
  batch[i] = {
    document_id = ("ticket-%03d"):format(i), kind = kind, status = i % 4 == 0 and "closed" or "open", minutes = i * 7 % 90,
    text = ("Ticket %d is %s"):format(i, kind), vectors = {topic = vector},
  }
end
perigee.documents.upsert(name, batch)
print(("%d tickets in %s"):format(perigee.documents.count(name), name))
