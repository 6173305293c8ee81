-- expect: true within 400 ms
-- why: texts that look like members
return function(event) local d = event.document assert(d['{three}'] == nil and d['one, two: {three}'] == nil and d[',"'] == nil and d[':1,'] == nil) return true end
