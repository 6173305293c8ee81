-- expect: ok within 400 ms
-- why: the globals' metatable is out of reach
assert(type(getmetatable(_ENV)) ~= 'table') assert(not pcall(setmetatable, _ENV, {})) assert(not pcall(setmetatable, _G, nil)) return 'ok'
