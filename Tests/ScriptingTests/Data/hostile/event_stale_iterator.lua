-- expect: true within 400 ms
-- why: an iterator over one event's document, kept and called when the document shows another
return function(event)
  if not kept then kept = pairs(event.document) end
  local ok, message = pcall(kept)
  if ok then local k = message assert(k == nil or type(k) == 'string') end
  step = (step or 0) + 1
  if step > 1 then assert(not ok, 'an old iterator goes on') end
  return true
end
