import Basics

/// The triggers of `perigee demo`: one of each type, one that asks a Lua predicate, and hooks in Lua around an action.
enum DemoTriggers {
  /// Create requests, as the API takes them.
  static func definitions(clusterID: String, collectionID: String) -> [JSON] {
    let cluster: JSON = ["cluster_id": .string(clusterID)]
    return [
      [
        "name": "on the clock", "description": "cron: every five seconds, a Lua action counts",
        "trigger_type": "cron", "schedule_config": ["cron_expression": "*/5 * * * * *"],
        "action_type": "script", "action_config": ["script": ["source": .string(counting)]],
      ],
      [
        "name": "heartbeat", "description": "interval: every three seconds, a Lua action writes down how many documents there are",
        "trigger_type": "interval", "schedule_config": ["interval_seconds": 3, "start_immediately": true],
        "action_type": "script", "action_config": ["script": ["source": .string(heartbeat)]],
      ],
      [
        "name": "after 300 new words", "description": "event: clusters anew when 300 documents have come, with hooks before and after",
        "trigger_type": "event",
        "schedule_config": ["event_type": "documents_added", "event_threshold": 300, "collection_id": .string(collectionID)],
        "action_type": "cluster",
        "action_config": ["cluster_id": .string(clusterID), "hooks": ["before": ["source": .string(before)], "after": ["source": .string(after)]]],
      ],
      [
        "name": "when meaning drifts", "description": "conditional: clusters anew when the mean direction of the vectors has moved by 0.05",
        "trigger_type": "conditional",
        "schedule_config": [
          "condition_type": "drift", "metric": "cosine_drift", "operator": "gt", "threshold": 0.05, "check_interval_seconds": 2,
          "collection_id": .string(collectionID),
        ],
        "action_type": "cluster", "action_config": cluster,
      ],
      [
        "name": "only when large", "description": "interval with a Lua predicate: holds until there are 900 documents",
        "trigger_type": "interval", "schedule_config": ["interval_seconds": 2, "predicate": ["source": .string(predicate)]],
        "action_type": "script", "action_config": ["script": ["source": .string(report)]],
      ],
    ]
  }

  private static let counting = """
    return function(ctx)
      return perigee.kv.incr("ticks")
    end
    """

  private static let heartbeat = """
    return function(ctx)
      local count = perigee.documents.count("words")
      perigee.kv.set("last_count", count)
      return count
    end
    """

  private static let before = """
    return function(ctx)
      perigee.kv.set("documents_before", perigee.documents.count("words"))
    end
    """

  private static let after = """
    return function(ctx, result)
      perigee.kv.incr("clusterings")
      perigee.log.info("clustered " .. result.num_documents .. " documents into " .. result.num_clusters .. " groups")
    end
    """

  private static let predicate = """
    return function(ctx)
      local count = ctx:count("words")
      ctx:explain("documents", count)
      if count < 900 then return false, "only " .. count .. " documents" end
      return true, count .. " documents are enough"
    end
    """

  private static let report = """
    return function(ctx)
      perigee.documents.put("reports", {
        document_id = "report-" .. perigee.kv.incr("reports"),
        text = "the collection has grown to " .. perigee.documents.count("words") .. " documents",
      })
      return true
    end
    """
}
