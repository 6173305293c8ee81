-- expect: error within 400 ms
-- why: names that are not there, made of anything
for _, n in ipairs{'', 'x', ('x'):rep(1 << 20), '\xff\0', 1, 1.5, true, {}, print} do pcall(function() return perigee[n] end) pcall(function() return perigee.json[n] end) pcall(function() return host[n]() end) end return perigee.nothing
