package import Basics

/// Where a collection's documents come from: buckets, other collections, or whoever writes them.
package struct CollectionSource: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case bucket, collection, taxonomy, cluster, directUpsert = "direct_upsert", signals, none
  }

  package var kind: Kind
  package var bucketIDs: [String]
  package var collectionIDs: [String]
  /// Which objects or documents of the source are meant; nil means all.
  package var filter: Filter?

  /// The filter of a `source_filters`, which may stand inside a member called `filters` or for itself.
  package static func filter(_ json: JSON?, path: String) throws(Problem) -> Filter? {
    guard let json, json != .null else { return nil }
    let inner = json["filters"].map { $0 == .null ? JSON.object([:]) : $0 }
    let given = inner ?? json
    return given == [:] ? nil : try Filter(given, path: inner == nil ? path : "\(path).filters")
  }

  package init(_ json: JSON, path: String = "source") throws(Problem) {
    let fields = try Fields(
      json, path: path,
      accepting: [
        "type", "bucket_ids", "source_namespace_id", "collection_id", "collection_ids", "inherited_bucket_ids", "source_filters", "field_map",
      ])
    kind = try fields.choice("type") ?? .directUpsert
    bucketIDs = try fields.strings("bucket_ids", atLeast: 1) ?? []
    _ = try fields.strings("inherited_bucket_ids")
    let single = try fields.string("collection_id").map { [$0] } ?? []
    collectionIDs = try fields.strings("collection_ids", atLeast: 1) ?? single
    filter = try Self.filter(fields["source_filters"], path: fields.at("source_filters"))
    if fields["source_namespace_id"] != nil {
      throw Problem(
        .unsupported, "a source in another namespace is not in this build", hint: "Leave it out, and keep both in one namespace",
        path: fields.at("source_namespace_id"))
    }
    if let map = try fields.objectValue("field_map"), !map.isEmpty {
      throw Problem(
        .unsupported, "'field_map' is not in this build", hint: "Give feature_extractor.field_passthrough, which names and moves fields",
        path: fields.at("field_map"))
    }
    if kind == .collection, collectionIDs.isEmpty { throw fields.missing("collection_id", example: "\"col_articles\"") }
    if kind == .bucket, bucketIDs.isEmpty { throw fields.missing("bucket_ids", example: "[\"bkt_articles\"]") }
  }
}

extension Collection {
  /// The source as a value. What was stored by a version that knew less is read as far as it goes.
  package var reading: CollectionSource? {
    do throws(Problem) { return try CollectionSource(source) } catch { return nil }
  }

  /// Whether batches of a bucket fill it.
  package func reads(bucket id: String) -> Bool { isEnabled && (reading.map { $0.kind == .bucket && $0.bucketIDs.contains(id) } ?? false) }

  /// Throws `.conflict` for a collection that is to be filled and is not enabled.
  package func checkEnabled(path: String) throws(Problem) {
    guard !isEnabled else { return }
    throw Problem(
      .conflict, "collection '\(name)' is not enabled", hint: "Enable it first: PATCH /v1/collections/\(id) with {\"enabled\": true}", path: path)
  }
}
