-- expect: true within 400 ms
-- why: vectors of no numbers, of too many, of lists that lie and of other values
local v = perigee.vector
for _, x in ipairs{-1, 2^53, math.maxinteger, math.mininteger, (1 << 20) + 1, {1, 'x'}, {1, nil, 3, {}}, 'abc', print, setmetatable({}, {__len = function() return 1e9 end, __index = function() return 1 end}), string, {1, 2, perigee.json.null}} do
  local ok, r = pcall(v.new, x) if ok then assert(#r <= 3 and pcall(v.dot, r, r)) end
end
assert(not pcall(v.new)) assert(not pcall(v.dot, v.new{1}, v.new{1, 2})) assert(not pcall(v.dot, 1, 2)) assert(v.dot({}, {}) == 0)
local a = v.new{1e38, 0/0, 1/0, -1/0, 1e300} for i = -3, 9 do local _ = a[i] end assert(a[0] == nil and a[6] == nil and a.x == nil and a[1.5] == nil)
assert(not pcall(function() a[1] = 2 end) and not pcall(setmetatable, a, {}) and not pcall(rawset, a, 1, 1)) return true
