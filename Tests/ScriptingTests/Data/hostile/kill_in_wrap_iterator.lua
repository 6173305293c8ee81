-- expect: killed within 400 ms
-- why: a generic for over wrapped coroutines, each of which never yields
while true do pcall(function() for x in coroutine.wrap(function() while true do end end) do end end) end
