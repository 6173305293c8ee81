-- expect: error within 400 ms
-- why: a jump into a block
goto inside do ::inside:: end
