-- expect: true|error|memory error|killed within 400 ms
-- why: the host returns strings at and over the limit
for i=1,50 do pcall(host.big, 7000000) end return pcall(host.big, 60000000) == false