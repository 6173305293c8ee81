-- expect: true within 400 ms
-- why: names that are asked of one document and lie elsewhere in the next
local n = 0 return function(event) n = n + 1 local d = event.document local a, kind, last = d.a, d.kind, d.last if n == 1 then assert(a == 1 and kind == 'x' and last == -1) elseif n == 2 then assert(a == nil and kind == nil and last == nil) elseif n == 3 then assert(a == 'A\n"' and last == nil) else assert(type(a) == 'table' and kind == 'y' and last == nil) end return true end
