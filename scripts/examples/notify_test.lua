test("does not fail a run when nobody can be told", function(t)
  local run = t:run{entry = "after", result = {status = "COMPLETED", seconds = 1.5}}
  t:equal(run.value, false)
  t:ok(run.log[1]:find("not told", 1, true), "it says so")
  t:equal(t:run{entry = "on_failure", error = {message = "broken"}}.error, nil)
end)
