-- expect: killed|error|ok within 400 ms
-- why: message handlers that fail, that call xpcall, and that never return
local function h(e) return xpcall(error, h, e) end for i = 1, 1e9 do xpcall(error, h, i) xpcall(error, function() error({}) end) end
