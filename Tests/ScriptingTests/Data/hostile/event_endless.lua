-- expect: killed within 400 ms
-- why: a filter that never ends on the second document
return function(event) if seen then while true do local _ = event.document.kind end end seen = true return true end
