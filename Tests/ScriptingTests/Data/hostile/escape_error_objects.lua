-- expect: ok within 400 ms
-- why: what pcall catches shows nothing of the host
for _, f in ipairs{host.fail, host.add, string.rep, setmetatable, error} do local ok, e = pcall(f) assert(not ok and (e == nil or type(e) == 'string'), type(e)) end return 'ok'
