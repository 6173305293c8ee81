local function articles(from, to)
  local list = {}
  for i = from, to do list[#list + 1] = {document_id = "a" .. i} end
  return list
end

test("remembers the count at which it held", function(t)
  t:documents("articles", articles(1, 20))
  local run = t:run{state = {}}
  t:equal({run.value, run.state.count}, {true, 20})
  t:documents("articles", articles(21, 21))
  t:equal(t:run().value, false)
  t:documents("articles", articles(22, 22))
  t:equal(t:run().state.count, 22)
end)
