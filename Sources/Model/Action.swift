package import Basics

/// What a trigger does when it fires: a type, its configuration, and the hooks around it.
package struct Action: Sendable, Equatable {
  package struct Hooks: Sendable, Equatable {
    package var before: ScriptReference?
    package var after: ScriptReference?
    package var onFailure: ScriptReference?
  }

  /// How a cluster action goes about it: anew, by the groups that there are, or by joining earlier runs.
  package enum RunMode: String, Sendable, CaseIterable { case full, assign, composite }

  package var kind: TaskRecord.Kind
  /// The configuration as given, hooks included.
  package var config: JSONObject
  package var hooks: Hooks

  /// The kinds that may stand in `action_type`.
  package static let kinds: [TaskRecord.Kind] = [
    .cluster, .taxonomyEnrichment, .batchRerun, .collectionTrigger, .retrieverExecution, .alertEvaluation, .script,
  ]

  private static func names(of kind: TaskRecord.Kind) -> [String] {
    switch kind {
    case .cluster: ["cluster_id", "output_collection_ids", "filters", "mode", "source_execution_ids", "assignment_threshold"]
    case .taxonomyEnrichment: ["taxonomy_id", "collection_id", "target_collection_id", "filters", "incremental", "batch_size", "parallelism"]
    case .batchRerun: ["batch_id", "collection_id", "filters", "retry_failed_only"]
    case .collectionTrigger: ["collection_id", "include_buckets", "include_collections", "object_ids", "source_filters", "dedup_strategy"]
    case .retrieverExecution: ["retriever_id", "inputs", "filters", "skip_cache", "acceptance", "notification_config"]
    case .alertEvaluation: ["alert_id", "collection_id"]
    case .script: ["script"]
    case .deleteNamespace: []
    }
  }

  package init(type: String, config json: JSON, path: String = "action_config") throws(Problem) {
    let words = Self.kinds.map(\.rawValue)
    guard let kind = TaskRecord.Kind(rawValue: type), Self.kinds.contains(kind) else {
      throw Problem(
        .invalid, "unknown action_type '\(type)'", hint: "One of: \(words.joined(separator: ", "))", path: "action_type",
        didYouMean: Suggestion.nearest(to: type, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
    }
    self.kind = kind
    let fields = try Fields(json, path: path, accepting: Self.names(of: kind) + ["hooks"])
    config = fields.object
    let hookFields = try Fields(fields["hooks"], path: fields.at("hooks"), accepting: ["before", "after", "on_failure"])
    func hook(_ key: String) throws(Problem) -> ScriptReference? {
      guard let json = hookFields[key] else { return nil }
      return try ScriptReference(json, path: hookFields.at(key))
    }
    hooks = Hooks(before: try hook("before"), after: try hook("after"), onFailure: try hook("on_failure"))
    switch kind {
    case .cluster:
      _ = try fields.required("cluster_id", example: "\"clust_abc123\"")
      _ = try fields.strings("output_collection_ids")
      let mode: RunMode? = try fields.choice("mode")
      let runs = try fields.strings("source_execution_ids") ?? []
      if mode == .composite, runs.count < 2 {
        throw Problem(
          .invalid, "mode 'composite' joins at least two runs", hint: "For example \"source_execution_ids\": [\"run_a\", \"run_b\"]",
          path: fields.at("source_execution_ids"))
      }
      if let filters = fields["filters"] { _ = try Filter(filters, path: fields.at("filters")) }
      _ = try fields.number("assignment_threshold", in: 0...1)
    case .taxonomyEnrichment:
      _ = try fields.required("taxonomy_id", example: "\"tax_products\"")
      _ = try fields.required("collection_id", example: "\"col_inventory\"")
      _ = try fields.int("batch_size", in: 100...10_000)
      _ = try fields.int("parallelism", in: 1...16)
      _ = try fields.bool("incremental")
      _ = try fields.string("target_collection_id")
      if let filters = fields["filters"] { _ = try Filter(filters, path: fields.at("filters")) }
    case .batchRerun:
      if try fields.string("batch_id") == nil, try fields.string("collection_id") == nil { throw fields.missing("batch_id", example: "\"btch_1\"") }
      _ = try fields.bool("retry_failed_only")
      if let filters = fields["filters"] { _ = try Filter(filters, path: fields.at("filters")) }
    case .collectionTrigger:
      _ = try fields.required("collection_id", example: "\"col_inventory\"")
      for key in ["include_buckets", "include_collections", "object_ids"] { _ = try fields.strings(key) }
      _ = try CollectionSource.filter(fields["source_filters"], path: fields.at("source_filters"))
      let _: Batch.Dedup? = try fields.choice("dedup_strategy")
    case .retrieverExecution:
      _ = try fields.required("retriever_id", example: "\"ret_1\"")
      _ = try fields.objectValue("inputs")
      if let filters = fields["filters"] { _ = try Filter(filters, path: fields.at("filters")) }
      _ = try fields.bool("skip_cache")
      _ = try Acceptance(fields["acceptance"], path: fields.at("acceptance"))
      if let notification = fields["notification_config"] { _ = try CheckNotification(notification, path: fields.at("notification_config")) }
    case .alertEvaluation:
      _ = try fields.required("alert_id", example: "\"alt_1\"")
      _ = try fields.string("collection_id")
    case .script:
      guard let script = fields["script"] else {
        throw fields.missing("script", example: "{\"source\": \"return function(ctx) return true end\"}")
      }
      _ = try ScriptReference(script, path: fields.at("script"))
    case .deleteNamespace: break
    }
  }

  /// The thing that the action is about: lists filter by it.
  package var resourceID: String? {
    switch kind {
    case .cluster: config["cluster_id"]?.string
    case .taxonomyEnrichment: config["taxonomy_id"]?.string
    case .batchRerun: config["batch_id"]?.string ?? config["collection_id"]?.string
    case .collectionTrigger: config["collection_id"]?.string
    case .retrieverExecution: config["retriever_id"]?.string
    case .alertEvaluation: config["alert_id"]?.string
    case .script, .deleteNamespace: nil
    }
  }

  /// `script` actions: the script.
  package var script: ScriptReference? {
    kind == .script ? config["script"].flatMap { try? ScriptReference($0, path: "script") } : nil
  }
}
