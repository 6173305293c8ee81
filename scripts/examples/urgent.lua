-- kind: predicate
-- description: Hold until enough urgent tickets are open
--
-- As the predicate of any trigger: "schedule_config": {…, "predicate": {"name": "urgent"}}
local enough = 2

return function(ctx)
  local open = ctx:count("tickets", {kind = "urgent", status = "open"})
  ctx:explain("open", open)
  return open >= enough, open .. " urgent tickets are open"
end
