local words = require "words"

test("counts words", function(t) t:equal(words.count("The cat, the hat"), {the = 2, cat = 1, hat = 1}) end)
test("makes slugs", function(t) t:equal(words.slug(" A Title, at last! "), "a-title-at-last") end)
test("cannot be changed by those who use it", function(t) t:equal(pcall(function() words.slug = nil end), false) end)
