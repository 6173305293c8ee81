-- kind: predicate
-- description: Not within an hour of the last run, and not after a failure until somebody looked
return function(ctx)
  local last = ctx.last_run
  if not last then return true, "first run" end
  if last.status == "FAILED" and not perigee.kv.get("looked_at/" .. ctx.trigger.trigger_id) then return false, "the last run failed" end
  return ctx.now - last.at >= 3600, ("%d s since the last run"):format(ctx.now - last.at)
end
