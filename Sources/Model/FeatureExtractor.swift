package import Basics

/// How an object becomes a document: which of its values are read, which fields are kept, and where the vector comes from.
///
/// The contract's `feature_extractor`. Four are ours: `passthrough_extractor` (own vectors), `hashing_extractor` (text without a model; also
/// called `text_extractor`), `http_extractor` (an OpenAI-compatible embeddings endpoint) and `script_extractor` (a Lua function).
package struct FeatureExtractor: Sendable, Equatable {
  /// Where a value of the object is found.
  package enum Origin: Sendable, Equatable {
    case payload(String)
    case literal(JSON)
  }

  package struct Input: Sendable, Equatable {
    package var key: String
    package var origin: Origin
  }

  /// A field that is taken over, under its own name or another.
  package struct Passthrough: Sendable, Equatable {
    package var source: String
    package var target: String
    package var standard: JSON?
    package var isRequired: Bool
  }

  /// A field of the object that is a vector.
  package struct VectorField: Sendable, Equatable {
    package var field: String
    package var index: String
  }

  package struct Hashing: Sendable, Equatable {
    package var index = "text"
    package var dimensions = 384
    /// The longest run of words that is one feature; 1 to 3.
    package var words = 2
    /// The lengths of the pieces of words that are features of their own; empty for none.
    package var characters: ClosedRange<Int>? = 3...4
    package init() {}
  }

  package struct Endpoint: Sendable, Equatable {
    package var index = "text"
    package var dimensions: Int
    /// `http://host:port`, with a path to `/v1/embeddings` or what stands for it.
    package var url: String
    package var model: String
    package var apiKey: String?
    /// How many texts go into one request.
    package var batchSize = 64
    /// How often a request is repeated that failed for a reason that may pass.
    package var retries = 4
    package var timeout: Duration = .seconds(60)
  }

  package enum Method: Sendable, Equatable {
    case passthrough([VectorField])
    case hashing(Hashing)
    case http(Endpoint)
    case script(ScriptReference)
  }

  package var method: Method
  package var inputs: [Input]
  package var passthrough: [Passthrough]
  /// Whether fields are kept that `passthrough` does not name.
  package var keepsAll: Bool

  private static let names: [String: String] = [
    "passthrough_extractor": "passthrough", "hashing_extractor": "hashing", "text_extractor": "hashing", "http_extractor": "http",
    "script_extractor": "script", "passthrough": "passthrough", "hashing": "hashing", "http": "http", "script": "script",
  ]
  private static let shown = ["passthrough_extractor", "hashing_extractor", "http_extractor", "script_extractor"]

  /// Reads a `feature_extractor`; null is a passthrough without vector fields.
  package init(_ json: JSON, path: String = "feature_extractor") throws(Problem) {
    let fields = try Fields(json, path: path)
    let name = try fields.string("feature_extractor_name") ?? "passthrough_extractor"
    let key = fields["parameters"] == nil && fields["params"] != nil ? "params" : "parameters"
    let parameters = try Fields(fields[key], path: fields.at(key))
    switch Self.names[name] {
    case "passthrough": method = .passthrough(try Self.vectorFields(parameters))
    case "hashing": method = .hashing(try Self.hashing(parameters))
    case "http": method = .http(try Self.endpoint(parameters))
    case "script":
      guard let script = parameters["script"] else {
        throw parameters.missing("script", example: "{\"source\": \"return function(ctx, object) return {title = object.title} end\"}")
      }
      method = .script(try ScriptReference(script, path: parameters.at("script")))
    default:
      throw Problem(
        .unsupported, "feature extractor '\(name)' is not in this build", hint: "One of: \(Self.shown.joined(separator: ", "))",
        path: fields.at("feature_extractor_name"), didYouMean: Suggestion.nearest(to: name, in: Self.names.keys.sorted()),
        details: ["accepted": .array(Self.shown.map(JSON.string))])
    }
    inputs = try Self.inputs(fields)
    passthrough = []
    let list = fields["field_passthrough"] ?? []
    guard let items = list.array else {
      throw Problem(.invalid, "expected an array, got \(list.typeName)", path: fields.at("field_passthrough"))
    }
    for (position, item) in items.enumerated() {
      let entry = try Fields(
        item, path: "\(fields.at("field_passthrough"))[\(position)]", accepting: ["source_path", "target_path", "default", "required"])
      let source = try entry.required("source_path", example: "\"title\"")
      passthrough.append(
        Passthrough(
          source: source, target: try entry.string("target_path") ?? source, standard: entry["default"],
          isRequired: try entry.bool("required") ?? false))
    }
    // Typed clients send the default, false, whether it was meant or not; a document without any field serves nobody.
    // A script says itself what its document holds.
    let isScript = if case .script = method { true } else { false }
    keepsAll = try fields.bool("include_all_source_fields") ?? false || (passthrough.isEmpty && !isScript)
  }

  /// The index that the extractor itself fills, made with the collection when no other is named.
  package var index: VectorIndex? {
    switch method {
    case .hashing(let hashing): VectorIndex(name: hashing.index, dimensions: hashing.dimensions, metric: .cosine)
    case .http(let endpoint): VectorIndex(name: endpoint.index, dimensions: endpoint.dimensions, metric: .cosine)
    case .passthrough, .script: nil
    }
  }

  /// `{"text": "title"}`, `{"text": ["title", "body"]}`, or the contract's list of `{input_key, source_type, path, override}`.
  private static func inputs(_ fields: Fields) throws(Problem) -> [Input] {
    let path = fields.at("input_mappings")
    switch fields["input_mappings"] {
    case nil: return []
    case .object(let object)?:
      var result: [Input] = []
      for member in object.members {
        switch member.value {
        case .string(let source): result.append(Input(key: member.key, origin: .payload(source)))
        case .array(let sources):
          for (position, source) in sources.enumerated() {
            guard let text = source.string else {
              throw Problem(.invalid, "expected a field's name, got \(source.typeName)", path: "\(path).\(member.key)[\(position)]")
            }
            result.append(Input(key: member.key, origin: .payload(text)))
          }
        default:
          throw Problem(
            .invalid, "expected a field's name, got \(member.value.typeName)", hint: "For example {\"text\": \"title\"}",
            path: "\(path).\(member.key)")
        }
      }
      return result
    case .array(let items)?:
      var result: [Input] = []
      for (position, item) in items.enumerated() {
        let entry = try Fields(item, path: "\(path)[\(position)]", accepting: ["input_key", "source_type", "path", "override"])
        let key = try entry.required("input_key", example: "\"text\"")
        let type = try entry.string("source_type") ?? "payload"
        switch type {
        case "literal": result.append(Input(key: key, origin: .literal(entry["override"] ?? .null)))
        case "payload", "blob", "vector":
          if let value = entry["override"] {
            result.append(Input(key: key, origin: .literal(value)))
          } else {
            result.append(Input(key: key, origin: .payload(try entry.required("path", example: "\"title\""))))
          }
        default:
          let known = ["payload", "literal", "vector", "blob"]
          throw Problem(
            .invalid, "unknown source_type '\(type)'", hint: "One of: \(known.joined(separator: ", "))", path: entry.at("source_type"),
            didYouMean: Suggestion.nearest(to: type, in: known))
        }
      }
      return result
    case let other?: throw Problem(.invalid, "expected an object or an array, got \(other.typeName)", path: path)
    }
  }

  private static func vectorFields(_ parameters: Fields) throws(Problem) -> [VectorField] {
    let indexes = try VectorIndex.list(parameters["vector_fields"], path: parameters.at("vector_fields"))
    return zip(indexes, parameters["vector_fields"]?.array ?? []).map { index, json in
      VectorField(field: json["field"]?.string ?? index.name, index: index.name)
    }
  }

  private static func hashing(_ parameters: Fields) throws(Problem) -> Hashing {
    try known(["vector_name", "dimensions", "word_ngrams", "char_ngrams"], in: parameters)
    var hashing = Hashing()
    hashing.index = try Names.check(parameters.string("vector_name") ?? hashing.index, path: parameters.at("vector_name"))
    hashing.dimensions = Int(try parameters.int("dimensions", in: 16...4096, example: "384") ?? Int64(hashing.dimensions))
    hashing.words = Int(try parameters.int("word_ngrams", in: 1...3) ?? Int64(hashing.words))
    if let lengths = parameters["char_ngrams"] {
      guard let items = lengths.array, items.isEmpty || items.count == 2 else {
        throw Problem(
          .invalid, "expected the shortest and the longest length", hint: "For example [3, 4], or [] for none", path: parameters.at("char_ngrams"))
      }
      let numbers = items.compactMap(\.int)
      if items.isEmpty {
        hashing.characters = nil
      } else if numbers.count == 2, (2...8).contains(numbers[0]), (numbers[0]...8).contains(numbers[1]) {
        hashing.characters = Int(numbers[0])...Int(numbers[1])
      } else {
        throw Problem(
          .invalid, "\(lengths.text) are no lengths of pieces of words", hint: "Give two from 2 to 8, e.g. [3, 4]", path: parameters.at("char_ngrams")
        )
      }
    }
    return hashing
  }

  private static func endpoint(_ parameters: Fields) throws(Problem) -> Endpoint {
    try known(["url", "model", "dimensions", "vector_name", "api_key", "batch_size", "max_retries", "timeout_seconds"], in: parameters)
    let url = try parameters.required("url", example: "\"http://127.0.0.1:11434/v1/embeddings\"")
    guard url.hasPrefix("http://") else {
      throw Problem(
        url.hasPrefix("https://") ? .unsupported : .invalid, "'\(url)' is no address that can be asked",
        hint: "Write it as http://127.0.0.1:11434/v1/embeddings; TLS is not spoken here", path: parameters.at("url"))
    }
    guard let dimensions = try parameters.int("dimensions", in: 1...65_536, example: "768") else {
      throw parameters.missing("dimensions", example: "768")
    }
    var endpoint = Endpoint(dimensions: Int(dimensions), url: url, model: try parameters.required("model", example: "\"nomic-embed-text\""))
    endpoint.index = try Names.check(parameters.string("vector_name") ?? endpoint.index, path: parameters.at("vector_name"))
    endpoint.apiKey = try parameters.string("api_key")
    endpoint.batchSize = Int(try parameters.int("batch_size", in: 1...1024) ?? Int64(endpoint.batchSize))
    endpoint.retries = Int(try parameters.int("max_retries", in: 0...10) ?? Int64(endpoint.retries))
    endpoint.timeout = .seconds(try parameters.number("timeout_seconds", in: 0.1...600) ?? 60)
    return endpoint
  }

  /// Parameters of other extractors that ride along (as typed clients send them) pass; what is nearly one of ours is a slip.
  private static func known(_ names: [String], in parameters: Fields) throws(Problem) {
    for key in parameters.object.keys where !names.contains(key) {
      if let near = Suggestion.nearest(to: key, in: names) {
        throw Problem(
          .invalid, "unknown parameter '\(key)'", hint: "It takes: \(names.joined(separator: ", "))", path: parameters.at(key), didYouMean: near)
      }
    }
  }

  /// A `feature_extractor` as it is shown: with its identifier, and without the secret.
  package static func shown(_ json: JSON) -> JSONObject {
    var extractor = json.object ?? JSONObject()
    let name = extractor["feature_extractor_name"]?.string ?? "passthrough_extractor"
    let version = extractor["version"]?.string ?? "v1"
    extractor["feature_extractor_name"] = .string(name)
    extractor["version"] = .string(version)
    extractor["feature_extractor_id"] = .string("\(name)_\(version)")
    for key in ["parameters", "params"] {
      guard case .object(var parameters)? = extractor[key], parameters["api_key"]?.string != nil else { continue }
      parameters["api_key"] = "••••"
      extractor[key] = .object(parameters)
    }
    return extractor
  }
}
