local function after(seconds, status, t)
  return t:run{ctx = {now = 10000, last_run = {at = 10000 - seconds, status = status}}}
end

test("waits for an hour", function(t)
  t:equal(t:run().reason, "first run")
  t:equal(after(3599, "COMPLETED", t).value, false)
  t:equal(after(3600, "COMPLETED", t).value, true)
end)

test("waits for somebody after a failure", function(t)
  t:equal(after(7200, "FAILED", t).reason, "the last run failed")
  perigee.kv.set("looked_at/trg_test", true)
  t:equal(after(7200, "FAILED", t).value, true)
end)
