-- expect: killed|error|memory error within 400 ms
-- why: error objects that are described again and again, from every handler
for i = 1, 1e9 do xpcall(error, function(e) return e end, {code = i, s = ("x"):rep(200), t = {t = {t = {}}}}) pcall(error, setmetatable({}, {__index = function() error({}) end})) end
