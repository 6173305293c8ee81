-- expect: error within 400 ms
-- why: a chain of __newindex that ends where it began
local a, b = {}, {} setmetatable(a, {__newindex = b}) setmetatable(b, {__newindex = a}) a.x = 1
