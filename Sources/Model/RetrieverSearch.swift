import Basics

/// A stage of a retriever that finds documents by their vectors: one or several searches, whose lists are made one.
package struct RetrieverSearch: Sendable, Equatable {
  /// How the lists of several searches become one.
  package enum Fusion: String, Sendable, CaseIterable { case rrf, dbsf, weighted, max }
  /// What happens when a search's input is not given.
  package enum EmptyInput: String, Sendable, CaseIterable { case error, skip, random }

  /// What is looked for.
  package enum Query: Sendable, Equatable {
    case vector([Float])
    /// A text that the collection's extractor makes a vector of.
    case text(String)
    /// The vector of a document that is there.
    case document(id: String, collectionID: String?)
    case nothing
  }

  package struct One: Sendable, Equatable {
    /// The name of the vector index, the last part of a feature URI.
    package var index: String
    package var query: Query
    package var top: Int
    package var minimum: Double?
    package var weight: Double
    package var onEmpty: EmptyInput
    /// Empty: those of the stage.
    package var collections: [String]
  }

  package var searches: [One]
  package var top: Int
  package var fusion: Fusion
  /// Only documents that pass are looked at.
  package var filter: Filter?
  /// Empty: those of the retriever.
  package var collections: [String]

  static let mostSearches = 10
  private static let names = [
    "searches", "final_top_k", "fusion", "filters", "pre_filters", "collection_identifiers", "facets", "group_by", "learning_config",
    "query_preprocessing", "auto_preprocess", "cache_behavior", "cache_ttl_seconds", "hard_timeout_ms", "interactive", "degrade_retry",
  ]
  private static let searchNames = [
    "feature_uri", "feature_address", "query", "top_k", "min_score", "weight", "lexical", "optional", "on_empty", "query_preprocessing",
    "collection_identifiers",
  ]

  /// Reads parameters whose templates are replaced; `filter` is the stage's, read apart.
  init(_ json: JSON, filter: Filter?, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: Self.names)
    try Self.refuse(["facets", "group_by", "learning_config", "query_preprocessing"], in: fields)
    top = Int(try fields.int("final_top_k", in: 1...5000) ?? 25)
    fusion = try fields.choice("fusion") ?? .rrf
    self.filter = filter
    collections = try fields.strings("collection_identifiers") ?? []
    searches = []
    guard let items = fields["searches"] else { return }
    guard let list = items.array else { throw Problem(.invalid, "expected an array, got \(items.typeName)", path: fields.at("searches")) }
    guard list.count <= Self.mostSearches else {
      throw Problem(.invalid, "\(list.count) searches are given", hint: "Give at most \(Self.mostSearches)", path: fields.at("searches"))
    }
    for (position, item) in list.enumerated() {
      let search = try Fields(item, path: "\(fields.at("searches"))[\(position)]", accepting: Self.searchNames)
      try Self.refuse(["query_preprocessing"], in: search)
      if try search.bool("lexical") ?? false {
        throw Problem(
          .unsupported, "searches by words are not in this build", hint: "Filter by {\"operator\": \"text\"}, or leave 'lexical' out",
          path: search.at("lexical"))
      }
      let key = search["feature_uri"] == nil && search["feature_address"] != nil ? "feature_address" : "feature_uri"
      searches.append(
        One(
          index: Self.index(of: try search.required(key, example: "\"mixpeek://text_extractor@v1/text\"")), query: try Self.query(search),
          top: Int(try search.int("top_k", in: 1...5000) ?? 100), minimum: try search.number("min_score", in: -1...1),
          weight: try search.number("weight", in: 0...1) ?? 1, onEmpty: try search.choice("on_empty") ?? .error,
          collections: try search.strings("collection_identifiers") ?? []))
    }
  }

  /// `mixpeek://extractor@version/output` is the index of that output's name; a bare name is the index itself.
  package static func index(of uri: String) -> String { uri.split(separator: "/").last.map(String.init) ?? uri }

  /// What other builds have and this one has not: refused by name, unless it is off.
  private static func refuse(_ names: [String], in fields: Fields) throws(Problem) {
    for name in names {
      guard let value = fields[name], value != [], value != false else { continue }
      throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out", path: fields.at(name))
    }
  }

  /// `{input_mode: "text" | "vector" | "document", …}`; a bare text or array says by itself what it is.
  private static func query(_ search: Fields) throws(Problem) -> Query {
    let path = search.at("query")
    switch search["query"] {
    case nil: return .nothing
    case .string(let text)?: return text.isEmpty ? .nothing : .text(text)
    case .array(let items)?: return items.isEmpty ? .nothing : .vector(try vector(.array(items), path: path))
    case let json?:
      let names = ["input_mode", "value", "text", "vector", "document_ref"]
      let query = try Fields(json, path: path, accepting: names)
      let mode =
        try query.string("input_mode")
        ?? (query["document_ref"] != nil ? "document" : query["vector"] != nil || query["value"]?.array != nil ? "vector" : "text")
      switch mode {
      case "text":
        let key = query["value"] == nil ? "text" : "value"
        guard let text = try query.string(key, example: "\"red shoes\""), !text.isEmpty else { return .nothing }
        return .text(text)
      case "vector":
        let key = query["value"] == nil ? "vector" : "value"
        guard let value = query[key], value != [] else { return .nothing }
        return .vector(try vector(value, path: query.at(key)))
      case "document":
        guard let reference = query["document_ref"], reference != [:] else { return .nothing }
        let fields = try Fields(reference, path: query.at("document_ref"), accepting: ["collection_id", "document_id"])
        guard let id = try fields.string("document_id", example: "\"doc_1\""), !id.isEmpty else { return .nothing }
        return .document(id: id, collectionID: try fields.string("collection_id"))
      default:
        let known = ["text", "vector", "document"]
        let isLater = mode == "content" || mode == "multi_content"
        throw Problem(
          isLater ? .unsupported : .invalid, isLater ? "input_mode '\(mode)' is not in this build" : "unknown input_mode '\(mode)'",
          hint: "One of: \(known.joined(separator: ", "))", path: query.at("input_mode"),
          didYouMean: isLater ? nil : Suggestion.nearest(to: mode, in: known), details: ["accepted": .array(known.map(JSON.string)), "type": "enum"])
      }
    }
  }

  private static func vector(_ json: JSON, path: String) throws(Problem) -> [Float] {
    do throws(Problem) { return try json.floats() } catch { throw error.within(path) }
  }
}
