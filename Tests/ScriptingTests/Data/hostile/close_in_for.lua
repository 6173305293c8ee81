-- expect: ok within 400 ms
-- why: the closing value of a generic for
local closed = 0 local c = setmetatable({}, {__close = function() closed = closed + 1 end}) for i in function(_, i) i = (i or 0) + 1 if i < 5 then return i end end, nil, nil, c do if i == 3 then break end end pcall(function() for i in function() return 1 end, nil, nil, c do error('x') end end) assert(closed == 2) assert(not pcall(function() for i in next, {}, nil, {} do end end)) return 'ok'
