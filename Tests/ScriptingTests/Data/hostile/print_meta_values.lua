-- expect: ok within 400 ms
-- why: print of what has no honest text
pcall(print, setmetatable({}, {__tostring = function() return 1 end})) pcall(print, setmetatable({}, {__name = 5})) pcall(print, setmetatable({}, {__tostring = error})) print('\xff\xfe', '\0', '\27[2J', 'ü') return 'ok'
