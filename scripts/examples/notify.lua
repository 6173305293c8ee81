-- kind: hook
-- description: Tell a chat room how a run ended; the address has to be on the namespace's list
local url = "https://chat.example.com/hooks/perigee"

local function tell(text)
  local ok, answer = pcall(perigee.http.post, url, {text = text})
  -- That nobody could be told is no reason to fail the run.
  if not ok then perigee.log.warn("not told: " .. tostring(answer)) end
  return ok
end

return {
  after = function(ctx, result) return tell(("%s: %s in %.1f s"):format(ctx.trigger.name, result.status, result.seconds or 0)) end,
  on_failure = function(ctx, failure) return tell(("%s failed: %s"):format(ctx.trigger.name, failure.message)) end,
}
