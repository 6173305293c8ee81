-- kind: metric
-- description: Open tickets; as "metric": "script:backlog" of a condition, or ctx:metric("backlog") in a script
return function(ctx) return ctx:count("tickets", {status = "open"}) end
