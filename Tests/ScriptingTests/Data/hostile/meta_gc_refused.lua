-- expect: error within 400 ms
-- why: a finalizer that is put into a metatable before, after and through another table
local mt = {} local t = setmetatable({}, mt) mt.__gc = function() while true do end end t = nil
assert(not pcall(setmetatable, {}, mt)) local late = setmetatable({}, {__index = {__gc = print}}) return setmetatable({}, {__gc = true})
