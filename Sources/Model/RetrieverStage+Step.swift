package import Basics

extension RetrieverStage {
  /// What an execution is told of its stages beside their steps.
  package struct Notes: Sendable, Equatable {
    package var used: Set<String> = []
    /// Fields of conditions that were left out, since their input was not given.
    package var relaxed: [String] = []
    package init() {}
  }

  /// The stage with inputs in place of its templates; nil when nothing is left of it to do: a filter whose conditions all want inputs
  /// that nobody gave.
  package func step(_ inputs: JSONObject, path: String, notes: inout Notes) throws(Problem) -> Step? {
    var template = RetrieverTemplate(inputs)
    defer { notes.used.formUnion(template.used) }
    switch kind {
    case .featureSearch: return .search(try search(&template, path: path, &notes))
    case .attributeFilter: return try filter(&template, path: path, &notes).map(Step.filter)
    case .sortAttribute:
      let fields = try read(["field", "direction", "nulls_last"], &template, path)
      return .sort(
        field: try fields.required("field", example: "\"price\""), descending: try Self.isDescending(fields),
        nullsLast: try fields.bool("nulls_last") ?? true)
    case .sortRelevance:
      let fields = try read(["score_field", "direction", "missing_score", "feature_address"], &template, path)
      // The SDK's own default for none is the text "null".
      if let address = try fields.string("feature_address"), address != "null" {
        throw Problem(
          .unsupported, "'feature_address' has no effect here", hint: "Put a feature_search stage before this one", path: fields.at("feature_address")
        )
      }
      return .sortByScore(
        field: try fields.string("score_field") ?? "score", descending: try Self.isDescending(fields),
        try fields.choice("missing_score") ?? .bottom)
    case .limit:
      let fields = try read(["limit", "offset"], &template, path)
      guard let count = try fields.int("limit", in: 1...10_000, example: "10") else { throw fields.missing("limit", example: "10") }
      return .limit(Int(count), offset: Int(try fields.int("offset", in: 0...10_000) ?? 0))
    case .sample:
      let fields = try read(["count", "strategy", "stratify_by", "min_per_stratum", "seed", "preserve_top_k"], &template, path)
      if let strategy = try fields.string("strategy"), strategy != "random", strategy != "reservoir" {
        throw Problem(
          .unsupported, "strategy '\(strategy)' is not in this build", hint: "One of: random, reservoir", path: fields.at("strategy"),
          didYouMean: Suggestion.nearest(to: strategy, in: ["random", "reservoir"]))
      }
      return .sample(
        Int(try fields.int("count", in: 1...1000) ?? 10), seed: try fields.int("seed").map { UInt64(bitPattern: $0) },
        keeping: Int(try fields.int("preserve_top_k", in: 0...10_000) ?? 0))
    }
  }

  /// The stage's own filters, with inputs in place of their templates.
  package func filters(_ inputs: JSONObject, path: String, notes: inout Notes) throws(Problem) -> (before: Filter?, after: Filter?) {
    var template = RetrieverTemplate(inputs)
    defer { notes.used.formUnion(template.used) }
    let first = try before.flatMap { json throws(Problem) in try Self.filter(json, "\(path).pre_filters", &template, &notes) }
    let last = try after.flatMap { json throws(Problem) in try Self.filter(json, "\(path).post_filters", &template, &notes) }
    return (first, last)
  }

  /// Looks for mistakes before anybody executes the stage, with made-up inputs. What is wrong only with them is nobody's mistake.
  package func check(_ schema: [RetrieverInput], path: String) throws(Problem) {
    var notes = Notes()
    do throws(Problem) {
      _ = try filters(
        RetrieverValues.samples(of: schema), path: path.hasSuffix(".parameters") ? String(path.dropLast(".parameters".count)) : path, notes: &notes)
    } catch {
      let isMadeUp = [before, after].contains { $0.map(Self.holdsTemplate) ?? false }
      guard isMadeUp, error.kind != .unsupported else { throw error }
    }
    do throws(Problem) {
      _ = try step(RetrieverValues.samples(of: schema), path: path, notes: &notes)
    } catch {
      let inner = error.path.map { String($0.dropFirst(path.count).drop { $0 == "." }) } ?? ""
      // A template cannot be judged by a value that nobody gave.
      let isMadeUp = parameters.value(at: inner).map(Self.holdsTemplate) ?? (inner.isEmpty ? false : Self.holdsTemplate(nearest(inner)))
      if isMadeUp, error.kind != .unsupported { return }
      throw error
    }
  }

  /// The innermost given value on a path into the parameters, with brackets or without.
  private func nearest(_ path: String) -> JSON {
    var value = JSON.object(parameters)
    for part in path.split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" }) {
      switch value {
      case .object(let object):
        guard let next = object[String(part)] else { return value }
        value = next
      case .array(let items):
        guard let index = Int(part), items.indices.contains(index) else { return value }
        value = items[index]
      default: return value
      }
    }
    return value
  }

  private static func holdsTemplate(_ json: JSON) -> Bool {
    switch json {
    case .string(let text): text.contains("{{")
    case .object(let object): object["type"] == "dynamic" || object.members.contains { holdsTemplate($0.value) }
    case .array(let items): items.contains(where: holdsTemplate)
    default: false
    }
  }

  private func read(_ names: [String], _ template: inout RetrieverTemplate, _ path: String) throws(Problem) -> Fields {
    try Fields(template.resolve(.object(parameters), path: path), path: path, accepting: names + ["cache_behavior", "cache_ttl_seconds"])
  }

  private static func isDescending(_ fields: Fields) throws(Problem) -> Bool {
    let direction = try fields.string("direction") ?? "desc"
    guard ["asc", "desc"].contains(direction) else {
      throw Problem(
        .invalid, "unknown direction '\(direction)'", hint: "One of: asc, desc", path: fields.at("direction"),
        didYouMean: Suggestion.nearest(to: direction, in: ["asc", "desc"]), details: ["accepted": ["asc", "desc"], "type": "enum"])
    }
    return direction == "desc"
  }

  private func search(_ template: inout RetrieverTemplate, path: String, _ notes: inout Notes) throws(Problem) -> RetrieverSearch {
    var rest = parameters
    var filters: [Filter] = []
    for key in ["filters", "pre_filters"] {
      guard let given = rest[key], given != .null else { continue }
      rest[key] = nil
      if let filter = try Self.filter(given, "\(path).\(key)", &template, &notes) { filters.append(filter) }
    }
    let resolved = try template.resolve(.object(rest), path: path)
    let filter: Filter? = filters.isEmpty ? nil : filters.count == 1 ? filters[0] : .all(filters)
    let search = try RetrieverSearch(resolved, filter: filter, path: path)
    guard !search.searches.isEmpty || parameters["filters"] != nil || parameters["pre_filters"] != nil else {
      throw Problem(
        .invalid, "neither searches nor filters are given",
        hint: "For example \"searches\": [{\"feature_uri\": \"text\", \"query\": {\"input_mode\": \"text\", \"value\": \"{{INPUT.query}}\"}}]",
        path: "\(path).searches")
    }
    return search
  }

  private func filter(_ template: inout RetrieverTemplate, path: String, _ notes: inout Notes) throws(Problem) -> Filter? {
    let fields = try Fields(
      .object(parameters), path: path,
      accepting: [
        "field", "operator", "value", "natural_language", "field_hints", "conditions", "batch_size", "case_insensitive", "cache_behavior",
        "cache_ttl_seconds",
      ])
    // The SDK's own default for none is the text "null".
    if let words = try fields.string("natural_language"), words != "null" {
      throw Problem(
        .unsupported, "'natural_language' is not in this build", hint: "Give conditions, or field, operator and value",
        path: fields.at("natural_language")
      )
    }
    if let conditions = fields["conditions"] { return try Self.filter(conditions, fields.at("conditions"), &template, &notes) }
    guard let field = fields["field"] else {
      throw Problem(
        .invalid, "neither field nor conditions are given", hint: "For example {\"field\": \"status\", \"operator\": \"eq\", \"value\": \"active\"}",
        path: path, details: ["type": "missing"])
    }
    var condition: JSONObject = ["field": field, "operator": fields["operator"] ?? "eq"]
    condition["value"] = fields.object["value"]
    return try Self.filter(.object(condition), path, &template, &notes)
  }

  private static func filter(_ json: JSON, _ path: String, _ template: inout RetrieverTemplate, _ notes: inout Notes) throws(Problem) -> Filter? {
    guard let resolved = try template.resolveFilter(json, path: path, relaxed: &notes.relaxed) else { return nil }
    return try Filter(resolved, path: path)
  }
}
