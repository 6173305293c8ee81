-- expect: killed|error|memory error within 400 ms
-- why: a table whose __call is itself adds an argument for ever inside one instruction
local t = {} setmetatable(t, {__call = t}) t()
