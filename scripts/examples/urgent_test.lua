local function ticket(id, kind, status) return {document_id = id, kind = kind, status = status} end

test("holds at the second open one", function(t)
  t:documents("tickets", {ticket("a", "urgent", "open"), ticket("b", "calm", "open"), ticket("c", "urgent", "closed")})
  t:equal(t:run().value, false)
  t:documents("tickets", {ticket("d", "urgent", "open")})
  local run = t:run()
  t:equal(run.value, true)
  t:equal(run.reason, "2 urgent tickets are open")
  t:equal(run.explain, {open = 2})
end)

test("fires a trigger that names it", function(t)
  t:documents("tickets", {ticket("a", "urgent", "open"), ticket("b", "urgent", "open")})
  local trigger = perigee.triggers.create{
    action_type = "script", action_config = {script = "perigee.kv.incr('fired')"},
    trigger_type = "interval", schedule_config = {interval_seconds = 600, predicate = {name = "urgent"}},
  }
  t:advance("1h")
  t:equal(perigee.kv.get("fired"), 6)
  t:equal(#perigee.triggers.history(trigger.trigger_id), 6)
end)
