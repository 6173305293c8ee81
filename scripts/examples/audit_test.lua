test("keeps a line that says what happened", function(t)
  t:run{result = {type = "documents_added", at = "2026-01-01T00:00:00Z", count = 3}}
  t:equal(perigee.kv.get("audit/00000001"), {type = "documents_added", at = "2026-01-01T00:00:00Z", count = 3})
  t:run{result = {type = "documents_deleted", at = "2026-01-01T00:00:01Z", count = 1}}
  t:equal(perigee.kv.get("audit/count"), 2)
end)
