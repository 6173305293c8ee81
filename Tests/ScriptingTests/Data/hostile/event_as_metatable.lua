-- expect: true within 400 ms
-- why: events and documents in place of metatables, orders and handlers
return function(event) local d = event.document for _, v in ipairs{event, d} do assert(not pcall(setmetatable, {}, v)) assert(not pcall(table.sort, {2, 1}, v)) assert(not pcall(function() local x <close> = v end)) assert(not pcall(function() return v .. v end)) assert(not pcall(function() return v() end)) assert(not pcall(function() return #v end)) assert(not pcall(function() for _ in v do end end)) end return true end
