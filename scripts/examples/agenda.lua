-- kind: batch
-- description: What fires next, and why what did not fire did not
for _, trigger in ipairs(perigee.triggers.list{limit = 100}) do
  local why = perigee.triggers.explain(trigger.trigger_id)
  print(trigger.name or trigger.trigger_id, trigger.status, trigger.next_scheduled_at or "-", why.text or "")
end
local sunday = perigee.cron.next("0 9 * * SUN", perigee.time.now(), "Europe/Paris")
print("Sunday in Paris", perigee.time.format(sunday, "Europe/Paris"))
