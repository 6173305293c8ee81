import Basics

/// Bodies to begin with, one story from an empty store on, each in the words of the official SDK's models: `/openapi.json` carries them, `/docs` puts
/// them under the cursor, and a test sends all of them in this order, so that none can be wrong.
enum RequestExamples {
  /// The operation and its body.
  static let story: [(operation: String, body: JSON)] = [
    ("create_namespace", ["namespace_name": "production", "description": "What customers see"]),
    ("create_standalone_namespace", ["namespace_id": "own_vectors", "vector_configs": [["name": "v", "dimension": 3, "metric": "cosine"]]]),
    (
      "create_collection",
      [
        "collection_name": "words", "description": "Definitions", "source": ["type": "direct_upsert"],
        "feature_extractor": [
          "feature_extractor_name": "passthrough_extractor", "version": "v1",
          // The SDK keeps the parameters only if they say whose they are.
          "parameters": [
            "extractor_type": "passthrough_extractor",
            "vector_fields": [["field": "v", "name": "v", "dimensions": 3, "distance": "cosine"]],
          ],
        ],
      ]
    ),
    ("create_document", ["collection_id": "words", "document_id": "d0", "text": "a first one", "vectors": ["v": [1, 0, 0]]]),
    (
      "upsert_documents",
      [
        "documents": [
          ["document_id": "d1", "text": "a bird that sings", "category": "animal", "vectors": ["v": [0.9, 0.1, 0]]],
          ["document_id": "d2", "text": "a tree of the north", "category": "plant", "vectors": ["v": [0, 1, 0.1]]],
        ]
      ]
    ),
    (
      "upsert_namespace_documents",
      ["collection_id": "words", "documents": [["document_id": "d3", "vectors": ["v": [0.1, 0.9, 0]], "payload": ["category": "plant"]]]]
    ),
    (
      "list_documents",
      [
        "filters": ["AND": [["field": "category", "operator": "eq", "value": "plant"]]], "sort": ["field": "created_at", "direction": "desc"],
        "limit": 10,
      ]
    ),
    ("update_document", ["category": "animal"]),
    ("aggregate_documents", ["group_by": [["field": "category"]], "aggregations": [["function": "count", "alias": "n"]], "sort_by": "n"]),
    ("distinct_document_values", ["field": "category"]),
    (
      "create_cluster",
      [
        "cluster_name": "topics", "collection_ids": ["words"], "cluster_type": "vector",
        "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]],
      ]
    ),
    ("execute_cluster", ["mode": "full"]),
    (
      "create_trigger",
      [
        "name": "nightly topics", "action_type": "cluster", "action_config": ["cluster_id": "topics"], "trigger_type": "cron",
        "schedule_config": ["cron_expression": "0 2 * * *", "timezone": "UTC"], "description": "Daily clustering at 2am",
      ]
    ),
    ("update_trigger", ["schedule_config": ["cron_expression": "30 3 * * *", "timezone": "Europe/Paris"]]),
    ("list_triggers", ["action_type": "cluster", "status": "active", "limit": 50]),
    (
      "create_cluster_trigger",
      [
        "execution_config": ["collection_ids": ["words"], "config": ["algorithm": "kmeans", "n_clusters": 2]], "trigger_type": "interval",
        "schedule_config": ["interval_seconds": 21600],
      ]
    ),
    (
      "create_retriever",
      [
        "retriever_name": "near", "collection_identifiers": ["words"], "input_schema": ["v": ["type": "array"]],
        "stages": [
          [
            "stage_name": "nearest", "stage_type": "filter",
            "config": [
              "stage_id": "feature_search",
              "parameters": ["searches": [["feature_uri": "v", "query": ["input_mode": "vector", "value": "{{INPUT.v}}"], "top_k": 5]]],
            ],
          ]
        ],
      ]
    ),
    ("execute_retriever", ["inputs": ["v": [1, 0, 0]], "limit": 5]),
    (
      "create_taxonomy",
      [
        "taxonomy_name": "shelves",
        "config": [
          "taxonomy_type": "flat", "retriever_id": "near", "input_mappings": [["input_key": "v", "source_type": "vector", "path": "v"]],
          "source_collection": ["collection_id": "words", "enrichment_fields": [["field_path": "category", "target_field": "shelf"]]],
        ],
      ]
    ),
    ("apply_taxonomy_to_collection", ["taxonomy_id": "shelves", "batch_size": 1000]),
    ("update_collection", ["taxonomy_applications": [["taxonomy_id": "shelves"]]]),
    (
      "create_alert",
      [
        "name": "something near", "retriever_id": "near", "inputs": ["v": [1, 0, 0]],
        "notification_config": ["channels": [["channel_type": "webhook", "config": ["url": "http://127.0.0.1:8080/hook"]]]],
      ]
    ),
    (
      "create_webhook_organizations",
      [
        "webhook_name": "on runs", "event_types": ["trigger.execution.completed", "trigger.execution.failed"],
        "channels": [["channel": "webhook", "configs": ["url": "http://127.0.0.1:8080/hook"]]],
      ]
    ),
    (
      "create_bucket",
      ["bucket_name": "articles", "bucket_schema": ["properties": ["title": ["type": "string"], "text": ["type": "text"]]]]
    ),
    ("create_object_buckets", ["title": "A first one", "text": "Words that an extractor makes a vector of"]),
    ("create_batch_buckets_batches", ["filters": [:], "batch_name": "everything"]),
    ("create_api_key", ["name": "laptop", "permissions": ["read", "write"]]),
    ("emit_event", ["event_type": "custom.deployed", "payload": ["version": "1.4"]]),
    ("preview_schedule", ["cron_expression": "30 2 * * MON-FRI", "timezone": "Europe/Paris", "count": 5]),
    (
      "simulate_trigger",
      [
        "trigger": [
          "trigger_type": "event", "schedule_config": ["event_type": "documents_added", "event_threshold": 100, "cooldown_seconds": 600],
          "action_type": "script", "action_config": ["script": "return true"],
        ]
      ]
    ),
    ("bulk_triggers", ["filter": ["trigger_type": "cron", "status": "active"], "action": "pause", "note": "moving house", "dry_run": true]),
    ("set_maintenance", ["enabled": false]),
    ("set_kv", ["value": 1, "ttl_seconds": 86400]),
    ("increment_kv", ["by": 1]),
    (
      "put_calendar",
      ["description": "When nobody is in", "exclude": [["dates": ["2026-12-25", "2027-01-01"]], ["cron": "* * * * SAT,SUN"]]]
    ),
    (
      "create_script",
      [
        "name": "crowded", "kind": "predicate", "description": "Hold until many words are there",
        "source": "return function(ctx)\n  local n = ctx:count(\"words\")\n  return n >= 80, n .. \" words are there\"\nend",
        "tests":
          "test(\"holds while few are there\", function(t)\n  t:documents(\"words\", {{document_id = \"a\"}})\n  t:equal(t:run().value, false)\nend)",
      ]
    ),
    ("put_script", ["source": "return function(ctx)\n  return ctx:count(\"words\") >= 50\nend", "note": "eighty was too many"]),
    ("restore_script", ["version": 1]),
    ("test_script", [:]),
    ("run_script", ["state": [:]]),
    ("check_script", ["kind": "batch", "source": "for word in perigee.documents.each(\"words\") do print(word.text) end"]),
    ("run_source", ["source": "return perigee.documents.count(\"words\")", "dry_run": true]),
    ("set_http_rules", ["allow": ["https://api.example.com"]]),
  ]

  private static let bodies = Dictionary(uniqueKeysWithValues: story.map { ($0.operation, $0.body) })

  /// The example of an operation, if it has one.
  static func body(of operation: String) -> JSON? { bodies[operation] }
}
