-- kind: filter
-- description: Drafts and what robots write do not count
local robots = {["bot@example.com"] = true, ["import"] = true}

return function(event)
  local document = event.document
  return document ~= nil and document.status ~= "draft" and not robots[document.author or ""]
end
