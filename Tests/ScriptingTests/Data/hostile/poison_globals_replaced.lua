-- expect: ok within 400 ms
-- why: globals that are replaced are replaced for this run alone
pairs, pcall, error, type = nil, nil, nil, nil setmetatable = nil tostring = function() return 'mine' end return tostring()=='mine' and 'ok'
