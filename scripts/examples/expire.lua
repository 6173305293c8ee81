-- kind: action
-- description: Delete documents a while after their last day
local days = 30

return function(ctx)
  local limit, gone = ctx.now - days * 86400, 0
  for document in perigee.documents.each{collection = "offers", select = {"ends_at"}} do
    local ends = document.ends_at and perigee.time.parse(document.ends_at)
    if ends and ends < limit then
      perigee.documents.delete("offers", document.document_id)
      gone = gone + 1
    end
  end
  return {deleted = gone}
end
