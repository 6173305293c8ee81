package import Basics

/// One step of a retriever, as it was given: what kind it is, and parameters that may name inputs.
package struct RetrieverStage: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case featureSearch = "feature_search", attributeFilter = "attribute_filter", sortAttribute = "sort_attribute"
    case sortRelevance = "sort_relevance", limit, sample

    /// The contract's category of the stage.
    var category: String {
      switch self {
      case .featureSearch, .attributeFilter: "filter"
      case .sortAttribute, .sortRelevance: "sort"
      case .limit, .sample: "reduce"
      }
    }

    /// What other versions of the contract call them.
    init?(word: String) {
      switch word {
      case "feature_filter", "semantic_search": self = .featureSearch
      case "structured_filter", "filter": self = .attributeFilter
      case "sort_by_field": self = .sortAttribute
      default:
        guard let kind = Kind(rawValue: word) else { return nil }
        self = kind
      }
    }
  }

  /// What is done with documents that have no score.
  package enum Unscored: String, Sendable, CaseIterable { case bottom, top, preserve }

  /// A stage with its inputs in place.
  package enum Step: Sendable, Equatable {
    case search(RetrieverSearch)
    case filter(Filter)
    case sort(field: String, descending: Bool, nullsLast: Bool)
    case sortByScore(field: String, descending: Bool, Unscored)
    case limit(Int, offset: Int)
    case sample(Int, seed: UInt64?, keeping: Int)
  }

  /// Unique among the stages: statistics go by it.
  package var name: String
  package var kind: Kind
  package var parameters: JSONObject
  /// What documents have to pass before the stage, and after it; conditions as they were given, which may name inputs. Those before a search are
  /// among its parameters.
  private(set) var before: JSON?
  private(set) var after: JSON?
  private var given: JSONObject

  /// Filters stand beside the parameters, where the contract has them.
  private static let configNames = ["stage_id", "parameters", "version", "pre_filters", "post_filters"]
  private static let names = ["stage_name", "stage_type", "config", "batch_size", "description", "on_error", "output_alias", "parameters"]
  /// The contract's stages that need a language model, the network or a sandbox of its own.
  private static let others = [
    "aggregate", "api_call", "cluster", "code_execution", "deduplicate", "document_enrich", "external_web_search", "group_by", "json_transform",
    "llm_enrich", "llm_filter", "mmr", "query_expand", "rag_prepare", "rerank", "score_normalize", "sql_lookup", "summarize", "taxonomy_enrich",
    "unwind", "web_scrape", "agent_search", "cross_compare", "moment_group", "score_threshold", "temporal", "maxsim_rerank",
  ]

  /// `{stage_name, config: {stage_id, parameters}}`; a stage that is called like its kind needs no `stage_id`, and parameters may stand in `config`.
  package init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: Self.names)
    name = try fields.required("stage_name", example: "\"search\"")
    let config = try Fields(fields["config"], path: fields.at("config"))
    let word = try config.string("stage_id") ?? name
    guard let kind = Kind(word: word) else {
      let known = Kind.allCases.map(\.rawValue)
      let isLater = Self.others.contains(word)
      throw Problem(
        isLater ? .unsupported : .invalid, isLater ? "the stage '\(word)' is not in this build" : "unknown stage '\(word)'",
        hint: "One of: \(known.joined(separator: ", "))", path: config.at("stage_id"),
        didYouMean: isLater ? nil : Suggestion.nearest(to: word, in: known), details: ["accepted": .array(known.map(JSON.string)), "type": "enum"])
    }
    if let type = try fields.string("stage_type"), type != kind.category {
      throw Problem(
        .invalid, "the stage '\(word)' is of the type '\(kind.category)', not '\(type)'", hint: "Give \"\(kind.category)\", or leave it out",
        path: fields.at("stage_type"))
    }
    self.kind = kind
    if let inner = try config.objectValue("parameters") {
      _ = try Fields(.object(config.object), path: config.path, accepting: Self.configNames)
      parameters = inner
    } else {
      parameters = JSONObject(members: config.object.members.filter { !Self.configNames.contains($0.key) })
    }
    (before, after) = (config["pre_filters"], config["post_filters"])
    if kind == .featureSearch, let filter = before {
      let own = parameters["pre_filters"] ?? .null
      parameters["pre_filters"] = own == .null ? filter : ["AND": [own, filter]]
      before = nil
    }
    given = fields.object
    given["parameters"] = nil
  }

  /// The stages of a retriever, each called differently.
  package static func list(_ json: JSON?, path: String = "stages") throws(Problem) -> [RetrieverStage] {
    guard let json, json != .null else {
      throw Problem(
        .invalid, "required field '\(path)' is missing", hint: "For example [{\"stage_name\": \"limit\", \"config\": {\"limit\": 10}}]", path: path,
        details: ["type": "missing"])
    }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    guard (1...20).contains(items.count) else {
      throw Problem(.invalid, "\(items.count) stages are given", hint: "Give 1 to 20", path: path, details: ["type": "too_short"])
    }
    var stages: [RetrieverStage] = []
    for (position, item) in items.enumerated() {
      let stage = try RetrieverStage(item, path: "\(path)[\(position)]")
      if stages.contains(where: { $0.name == stage.name }) {
        throw Problem(.invalid, "two stages are called '\(stage.name)'", hint: "Give each a name of its own", path: "\(path)[\(position)].stage_name")
      }
      stages.append(stage)
    }
    return stages
  }

  package var json: JSON {
    var shown = given
    shown["stage_type"] = .string(kind.category)
    shown["parameters"] = .object(parameters)
    return .object(shown)
  }

  /// As `init` reads it.
  package var stored: JSON { .object(given) }
}
