-- expect: killed within 400 ms
-- why: nested quantifiers over a text that nearly matches
return (('a'):rep(40) .. 'b'):find(('a*'):rep(40) .. 'c')
