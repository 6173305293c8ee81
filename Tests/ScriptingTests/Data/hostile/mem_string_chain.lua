-- expect: killed|memory error within 600 ms
-- why: a concatenation of more and more operands
local s = 'x' while true do s = s .. s .. s .. s .. s .. s .. s .. s end
