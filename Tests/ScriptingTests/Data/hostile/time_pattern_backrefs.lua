-- expect: killed|nil|error within 400 ms
-- why: references back within lazy repetition
return (('ab'):rep(5000)):find('(.-)(.-)%1%2c')
