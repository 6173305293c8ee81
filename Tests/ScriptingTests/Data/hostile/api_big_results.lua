-- expect: true|error|memory error|killed within 400 ms
-- why: the host returns strings at and over the limit
for i=1,20 do pcall(host.big, 1000000) end return pcall(host.big, 60000000) == false