-- expect: ok within 400 ms
-- why: what JSON does with every kind of value
local j = perigee.json for _, v in ipairs{1, 'x', true, {}, {1, 2}, {a = 1}, j.null, j.array(), 0.5, -0.0, math.mininteger} do assert(type(j.encode(v)) == 'string') end for _, v in ipairs{print, coroutine.create(print), 0/0, {[1] = 1, [3] = 3}, {[true] = 1}} do pcall(j.encode, v) end assert(not pcall(j.encode)) assert(not pcall(j.decode)) assert(not pcall(j.decode, {})) assert(not pcall(j.array, 5)) assert(not pcall(j.array, string)) return 'ok'
