-- expect: killed|error|memory error within 400 ms
-- why: packing and unpacking with formats of a million options
local f = ("i1"):rep(500000) while true do pcall(string.packsize, f) pcall(string.pack, f, 1) pcall(string.unpack, ("z"):rep(1000), ("\0"):rep(1000)) pcall(string.pack, ("s1"):rep(100), table.unpack({}, 1, 100)) end
