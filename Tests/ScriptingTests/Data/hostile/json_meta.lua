-- expect: true within 400 ms
-- why: tables whose metamethods want to be asked when they are written as JSON
local e = perigee.json.encode
local function no() error('asked') end
local m = {__index = no, __len = no, __pairs = no, __tostring = no, __call = no, __eq = no, __concat = no}
assert(pcall(e, setmetatable({a = 1}, m))) assert(pcall(e, setmetatable({1, 2, 3}, m)))
for _, v in ipairs{print, coroutine.create(print), {[{}] = 1}, {[1.5] = 1}, {[1] = 1, x = 2}, 0/0, 1/0, '\xff', {[2] = 1}} do pcall(e, v) end
return true
