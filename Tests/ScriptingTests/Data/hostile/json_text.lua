-- expect: true within 400 ms
-- why: texts that end in the middle of an escape, and halves of pairs
local d = perigee.json.decode
for _, x in ipairs{'"', '"\\', '"\\u', '"\\u12', '"\\u12g4"', '"\\ud800"', '"\\udc00"', '"\\ud800\\u0041"', '"a\nb"', '"\\x41"', '"\0"', '{"a"', '{"a":', '{"a":1,', '{"a":1,}', '[1,]', '[1 2]', '{1:2}', 'tru', 'nul', '', ' ', '[' , '{', '"a"b', '[]]'} do assert(not pcall(d, x), x) end
for i = 0, 64 do assert(d('"' .. ('x'):rep(i) .. '\\u00e9"') == ('x'):rep(i) .. 'é') assert(not pcall(d, '"' .. ('x'):rep(i))) assert(not pcall(d, '"' .. ('x'):rep(i) .. '\1"')) end
return d('"\\ud83d\\ude00"') == '😀'
