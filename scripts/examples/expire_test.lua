test("takes away what ended a month ago", function(t)
  t:documents("offers", {
    {document_id = "old", ends_at = "2025-11-30T00:00:00Z"}, {document_id = "new", ends_at = "2025-12-24T00:00:00Z"}, {document_id = "open"},
  })
  t:equal(t:run{ctx = {now = t:now()}}.value, {deleted = 1})
  t:equal(perigee.documents.count("offers"), 2)
  t:equal(perigee.documents.get("offers", "old"), nil)
end)
