-- kind: hook
-- description: Keep a line for everything that happens in the namespace
-- events: documents_added, documents_deleted, cluster.execution.completed, cluster.execution.failed
return function(ctx, event)
  local number = perigee.kv.incr("audit/count")
  perigee.kv.set(("audit/%08d"):format(number), {at = event.at, type = event.type, count = event.count}, {ttl = 30 * 86400})
end
