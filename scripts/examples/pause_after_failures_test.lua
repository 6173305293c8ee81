test("skips after three, and goes on an hour later", function(t)
  for _ = 1, 3 do
    t:equal(t:run{entry = "before"}.value, nil)
    t:run{entry = "on_failure", error = {message = "no"}}
  end
  local run = t:run{entry = "before"}
  t:equal({run.value, run.reason}, {false, "3 failures in a row"})
  t:advance("61m")
  t:equal(t:run{entry = "before"}.value, nil)
end)
