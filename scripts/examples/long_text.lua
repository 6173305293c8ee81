-- kind: filter
-- description: Only documents with something to say
return function(event)
  local text = event.document and event.document.text
  return type(text) == "string" and #text >= 40
end
