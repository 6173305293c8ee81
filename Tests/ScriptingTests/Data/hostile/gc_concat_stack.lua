-- expect: true within 400 ms
-- why: __concat that collects and grows stacks in nested calls

local function grow(n) if n>0 then return 1+grow(n-1) end return 0 end
local o = setmetatable({}, {__concat=function(a,b) local t = {} for i=1,2000 do t[i] = {i} end grow(2000) return 'X' end})
local function f(n) local a,b,c='1','2','3' if n == 0 then return a..b..c..o..'d' end local r = f(n-1) return a..b..o..r end
for i=1,4 do local r = coroutine.wrap(f)(20) assert(r:sub(1,3) == '12X', r) end return true