-- expect: error|memory error|nil|killed within 400 ms
-- why: 200,000 results
return table.unpack({}, 1, 200000)
