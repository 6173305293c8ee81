-- expect: killed within 400 ms
-- why: a replacement table whose __index never answers, caught
while true do pcall(string.gsub, 'abc', '.', setmetatable({}, {__index = function() while true do end end})) end
