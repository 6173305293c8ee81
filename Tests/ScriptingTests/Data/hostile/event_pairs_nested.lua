-- expect: true within 400 ms
-- why: walks over a document within walks
return function(event) local n = 0 for k in pairs(event.document) do for q in pairs(event.document) do n = n + 1 end end return n >= 0 end
