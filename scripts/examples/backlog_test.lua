test("counts what is open", function(t)
  t:documents("tickets", {{document_id = "a", status = "open"}, {document_id = "b", status = "closed"}, {document_id = "c", status = "open"}})
  t:equal(t:run().value, 2)
end)

test("fires a conditional trigger when it crosses the threshold", function(t)
  t:documents("tickets", {{document_id = "a", status = "open"}})
  perigee.triggers.create{
    action_type = "script", action_config = {script = "perigee.kv.incr('alarm')"}, trigger_type = "conditional",
    schedule_config = {condition_type = "script", metric = "script:backlog", threshold = 1, check_interval_seconds = 60},
  }
  t:advance("5m")
  t:equal(perigee.kv.get("alarm"), nil)
  t:documents("tickets", {{document_id = "b", status = "open"}})
  t:advance("5m")
  t:equal(perigee.kv.get("alarm"), 1)
end)
