-- expect: killed|error within 400 ms
-- why: numbers with 99 places
while true do string.format('%99.99f%99.99f%99.99e%.99g%a', 1e308, -1e308, 1e-308, 1e308, 1e-308) end
