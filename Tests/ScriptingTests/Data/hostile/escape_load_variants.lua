-- expect: ok within 400 ms
-- why: no way to compile
for _, n in ipairs{'load', 'loadstring', 'loadfile', 'dofile', 'module', 'setfenv', 'getfenv', 'newproxy', 'unpack'} do assert(_ENV[n] == nil, n) end assert(not pcall(function() return require('io') end)) return 'ok'
