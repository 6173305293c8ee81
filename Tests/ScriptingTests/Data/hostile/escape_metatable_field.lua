-- expect: ok within 400 ms
-- why: __metatable guards what scripts make, too
local t = setmetatable({}, {__metatable = 'locked'}) assert(getmetatable(t) == 'locked') assert(not pcall(setmetatable, t, {})) return 'ok'
