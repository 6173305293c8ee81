-- expect: killed|nil|error within 400 ms
-- why: a row of optional items before what is not there
return (('a'):rep(200)):find(('a?'):rep(100) .. ('a'):rep(201))
