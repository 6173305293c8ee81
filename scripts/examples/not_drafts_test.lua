test("passes over drafts and robots", function(t)
  t:equal(t:run{event = {document = {status = "final", author = "ann"}}}.value, true)
  t:equal(t:run{event = {document = {status = "draft", author = "ann"}}}.value, false)
  t:equal(t:run{event = {document = {author = "import"}}}.value, false)
end)

test("decides what an event trigger counts", function(t)
  t:documents("posts", {})
  perigee.triggers.create{
    action_type = "script", action_config = {script = "perigee.kv.incr('fired')"}, trigger_type = "event",
    schedule_config = {event_type = "documents_added", event_threshold = 2, filter = {name = "not_drafts"}},
  }
  t:documents("posts", {{document_id = "a", status = "draft"}, {document_id = "b", status = "final"}})
  t:equal(perigee.kv.get("fired"), nil)
  t:documents("posts", {{document_id = "c"}})
  t:equal(perigee.kv.get("fired"), 1)
end)
