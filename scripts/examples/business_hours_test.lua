local cases = {
  {"2026-01-01T08:59:00Z", false}, {"2026-01-01T09:00:00Z", true}, {"2026-01-01T16:59:59Z", true}, {"2026-01-01T17:00:00Z", false},
  {"2026-01-03T12:00:00Z", false}, {"2026-01-04T12:00:00Z", false}, {"2026-01-05T12:00:00Z", true},
}

for _, case in ipairs(cases) do
  test(case[1] .. " is " .. (case[2] and "inside" or "outside"), function(t)
    t:equal(t:run{ctx = {now = perigee.time.parse(case[1])}}.value, case[2])
  end)
end
