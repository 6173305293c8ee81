package import Basics

/// A taxonomy or a clustering that runs of itself when a collection gets documents.
package struct CollectionApplication: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case taxonomy, cluster

    /// The collection's field that lists them.
    package var field: String { "\(rawValue)_applications" }
    package var idKey: String { "\(rawValue)_id" }
  }

  /// The contract has one way in which a taxonomy may run: what it finds is written to documents.
  private enum Mode: String, CaseIterable { case materialize }
  private enum Style: String, CaseIterable { case fullChain = "full_chain", bestMatch = "best_match", combined }

  package var kind: Kind
  /// The taxonomy or the cluster, by id or name until it is resolved.
  package private(set) var subject: String
  /// Whether it runs; a cluster may be kept here and wait for somebody to execute it.
  package var isActive = true
  /// A cluster does not run over fewer documents.
  package var minimumDocuments: Int64?
  package var cooldownSeconds: Int64 = 0
  package var targetCollection: String?
  package var filters: JSON?
  /// The place in the trigger's order of starting: phases first, then priority; 0 starts before 9.
  package var startOrder: Int64
  package private(set) var given: JSONObject

  /// Reads a collection's `taxonomy_applications` or `cluster_applications`.
  package static func list(_ json: JSON?, _ kind: Kind) throws(Problem) -> [CollectionApplication] {
    guard let json, json != .null else { return [] }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: kind.field) }
    var result: [CollectionApplication] = []
    for (position, item) in items.enumerated() { result.append(try CollectionApplication(item, kind, path: "\(kind.field)[\(position)]")) }
    return result
  }

  package init(_ json: JSON, _ kind: Kind, path: String) throws(Problem) {
    self.kind = kind
    let own =
      switch kind {
      case .taxonomy: ["execution_mode", "target_collection_id", "scroll_filters", "hierarchical_enrichment_style"]
      case .cluster: ["auto_execute_on_batch", "min_document_threshold", "cooldown_seconds"]
      }
    let fields = try Fields(json, path: path, accepting: [kind.idKey, "execution_phase", "priority"] + own)
    subject = try fields.required(kind.idKey, example: kind == .taxonomy ? "\"tax_products\"" : "\"clust_abc123\"")
    let phase = try fields.int("execution_phase", in: 1...3) ?? (kind == .taxonomy ? 1 : 2)
    let priority = try fields.int("priority", in: 0...1000) ?? 0
    startOrder = phase * 3 - 1 - priority / 500
    given = fields.object
    switch kind {
    case .taxonomy:
      let _: Mode? = try fields.choice("execution_mode")
      let _: Style? = try fields.choice("hierarchical_enrichment_style")
      targetCollection = try fields.string("target_collection_id").flatMap { $0 == "null" ? nil : $0 }
      filters = fields["scroll_filters"]
      if let filters { _ = try Filter(filters, path: fields.at("scroll_filters")) }
    case .cluster:
      isActive = try fields.bool("auto_execute_on_batch") ?? true
      minimumDocuments = try fields.int("min_document_threshold", in: 0...1_000_000_000)
      cooldownSeconds = try fields.int("cooldown_seconds", in: 0...2_592_000) ?? 3600
    }
  }

  /// Names the subject by its identifier.
  package mutating func resolve(_ id: String) {
    subject = id
    given[kind.idKey] = .string(id)
  }

  package var json: JSON { .object(given) }
}
