-- kind: batch
-- description: Give every document a field that it lacks, a hundred at a time, with a bar; try --dry-run first
local name, pending, done = arg[1] or "tickets", {}, 0
local total = perigee.documents.count(name)

local function flush()
  perigee.transaction(function()
    for _, document in ipairs(pending) do
      perigee.documents.patch(name, document.id, {length = document.length})
    end
  end)
  done, pending = done + #pending, {}
  perigee.progress(done, total, "backfilling")
end

for document in perigee.documents.each{collection = name, select = {"text", "length"}} do
  if not document.length then pending[#pending + 1] = {id = document.document_id, length = #(document.text or "")} end
  if #pending == 100 then flush() end
end
if #pending > 0 then flush() end
print(done .. " documents changed")
