-- kind: hook
-- description: Count failures, and say "skip" to the next runs for a while after three in a row
return {
  before = function(ctx)
    local failures = perigee.kv.get("failures/" .. ctx.trigger.trigger_id) or 0
    if failures >= 3 then return false, failures .. " failures in a row" end
  end,
  after = function(ctx) perigee.kv.delete("failures/" .. ctx.trigger.trigger_id) end,
  on_failure = function(ctx)
    local key = "failures/" .. ctx.trigger.trigger_id
    perigee.kv.set(key, (perigee.kv.get(key) or 0) + 1, {ttl = 3600})
  end,
}
