-- expect: error within 400 ms
-- why: no function as bytecode
return string.dump(function() end)
