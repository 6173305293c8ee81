-- kind: batch
-- description: A clustering and a nightly trigger for each collection that has vectors; run it as often as you like
local known = {}
for _, trigger in ipairs(perigee.triggers.list{limit = 100}) do known[trigger.name or ""] = true end
for _, collection in ipairs(perigee.collections.list{limit = 100}) do
  local index = (collection.vector_indexes or {})[1]
  local name = "nightly " .. collection.collection_name
  if index and not known[name] then
    local cluster = perigee.clusters.create{
      collection_ids = {collection.collection_id}, cluster_name = name,
      vector_config = {clustering_method = "kmeans", kmeans_parameters = {n_clusters = 3}},
    }
    local trigger = perigee.triggers.create{
      name = name, action_type = "cluster", action_config = {cluster_id = cluster.cluster_id}, trigger_type = "cron",
      schedule_config = {cron_expression = "0 2 * * *"},
    }
    print(name, trigger.next_scheduled_at)
  end
end
