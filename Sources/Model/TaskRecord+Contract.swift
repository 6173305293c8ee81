package import Basics

extension TaskRecord {
  /// The contract's words for how a task stands; some of them no task here ever is.
  package static let contractStatuses = [
    "PENDING", "QUEUED", "IN_PROGRESS", "PROCESSING", "COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "CANCELED", "INTERRUPTED", "UNKNOWN", "SKIPPED",
    "DRAFT", "ACTIVE", "ARCHIVED", "SUSPENDED", "DEACTIVATED",
  ]

  /// The contract's words for what a task does; most of them none here ever does.
  package static let contractTypes = [
    "api_namespaces_create", "api_namespaces_delete", "api_namespaces_snapshot_create", "api_namespaces_snapshot_restore",
    "api_namespaces_migrations_run", "api_buckets_objects_create", "api_buckets_delete", "api_buckets_batches_process", "api_buckets_batches_submit",
    "api_buckets_uploads_create", "api_buckets_uploads_confirm", "api_buckets_uploads_batch_confirm", "api_collections_documents_create",
    "api_collections_documents_bulk_update", "api_collections_documents_bulk_delete", "api_collections_reembed",
    "api_collections_extraction_artifacts", "api_taxonomies_create", "api_taxonomies_execute", "api_taxonomies_materialize", "api_evaluations_run",
    "api_evaluations_dataset_create", "api_retrievers_publish", "api_manifest_apply", "api_retrievers_execute", "api_collections_export",
    "api_collections_trigger", "engine_feature_extractor_run", "engine_inference_run", "engine_object_processing", "engine_cluster_build",
    "thumbnail", "video_segment", "audio_segment", "converted_video", "materialize", "plugin_custom", "model_custom",
  ]

  /// A word of a list of tasks; throws for one that is not the contract's.
  package static func word(_ fields: Fields, _ key: String, of words: [String], isLower: Bool = false) throws(Problem) -> String? {
    guard let given = try fields.string(key, example: "\"\(words[0])\"") else { return nil }
    let text = isLower ? given.lowercased() : given
    guard words.contains(text) else {
      throw Problem(
        .invalid, "unknown \(key) '\(text)'", hint: "One of: \(words.joined(separator: ", "))", path: fields.at(key),
        didYouMean: Suggestion.nearest(to: text, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
    }
    return text
  }
}
