import Basics
import Engine
import Model

/// Holds a part of a request against its schema in the description, and tells what does not fit.
///
/// Most of a request is judged by what reads it. This is for the rest: members that clients of the contract send and that are only kept, or mean
/// nothing on one machine. A mistake in one of these is told all the same, and the description tells the truth about what is refused.
struct RequestShape {
  private let models: WireModels

  /// The members that nobody else reads, by operation.
  static let idle: [String: [String]] = {
    let namespace = [
      "namespace_type", "feature_extractors", "infrastructure", "tiering", "pinned", "trusted_issuers", "spend_budget", "cost_cap_override",
      "expires_at", "payload_indexes",
    ]
    let collection = ["source", "input_schema", "features", "retriever_enrichments", "retriever_transform", "feature_extractor"]
    let cluster = ["llm_labeling", "face_cluster_merge", "source_cluster_ids", "source_enrichment_config"]
    let taxonomy = ["config.step_analytics", "config.input_mappings"]
    let retriever = ["display_config", "input_schema", "budget_limits", "stages"]
    let bucket = ["bucket_schema", "unique_key", "destination", "ingest_filter", "source_adapter"]
    let alert = ["namespace_selector", "notification_config", "system_condition"]
    return [
      "create_namespace": namespace, "patch_namespace": namespace, "update_namespace": namespace, "create_standalone_namespace": ["storage"],
      "create_collection": collection, "update_collection": collection, "create_cluster": cluster, "patch_cluster": cluster,
      "execute_cluster": cluster, "create_retriever": retriever, "patch_retriever": retriever, "execute_retriever": ["consistency", "pagination"],
      "create_taxonomy": taxonomy, "clone_taxonomy": taxonomy, "create_taxonomy_version": taxonomy,
      "apply_taxonomy_to_collection": ["budget_limits"], "create_bucket": bucket, "patch_bucket": bucket, "update_bucket": bucket,
      "create_alert": alert, "patch_alert": alert,
    ]
  }()

  /// The body of a request as its operation gets it: null is no body where none is needed. Throws `.invalid` for null where one is, and for an idle
  /// member of another shape than the description says.
  static func checked(_ body: JSON, of operation: Operation) throws(Problem) -> JSON {
    if body == .null {
      guard try WireModels.shared().entry(operation.method, operation.path)?.isRequestRequired ?? false else { return [:] }
      throw Problem(.invalid, "expected an object, got null", hint: "Leave the body out, or send {}", details: ["type": "object_type"])
    }
    guard let object = body.object, let names = idle[operation.name] else { return body }
    let given = names.filter { object.value(at: $0) ?? .null != .null }
    guard !given.isEmpty else { return body }
    let shape = RequestShape(models: try WireModels.shared())
    guard let whole = shape.models.entry(operation.method, operation.path)?.request else { return body }
    for name in given {
      let schema = name.split(separator: ".").reduce(whole as JSON?) { outer, key in outer.flatMap { shape.member(String(key), of: $0) } }
      if let value = object.value(at: name), let schema, let problem = shape.complaint(value, schema, at: name) { throw problem }
    }
    return body
  }

  /// The schema of a member, of a model or of the first of several that has it.
  private func member(_ key: String, of schema: JSON) -> JSON? {
    if let name = WireModels.name(of: schema) { return models.schema(name).flatMap { member(key, of: .object($0)) } }
    return schema["properties"]?[key] ?? schema["anyOf"]?.array?.lazy.compactMap { member(key, of: $0) }.first
  }

  /// The first thing that does not fit; nil when all does.
  private func complaint(_ value: JSON, _ schema: JSON, at path: String) -> Problem? {
    if let name = WireModels.name(of: schema) {
      return models.schema(name).flatMap { complaint(value, .object($0), at: path) }
    }
    if let branches = schema["anyOf"]?.array {
      let found = branches.map { complaint(value, $0, at: path) }
      if found.contains(where: { $0 == nil }) { return nil }
      // What is null besides has one shape that is meant; of several nobody knows which.
      let meant = zip(branches, found).filter { $0.0["type"] != "null" }.compactMap(\.1)
      return meant.count == 1 ? meant[0] : wrong("one of its forms", value, path)
    }
    let types = schema["type"]?.array?.compactMap(\.string) ?? schema["type"]?.string.map { [$0] } ?? []
    guard types.isEmpty || types.contains(where: { Self.isType($0, value) }) else {
      let word = types.first { $0 != "null" } ?? "null"
      return wrong("aeio".contains(word.prefix(1)) ? "an \(word)" : "a \(word)", value, path)
    }
    if let words = schema["enum"]?.array, !words.contains(value) {
      let known = words.map { $0.string ?? $0.brief }
      return Problem(
        .invalid, "unknown \(path.split(separator: ".").last ?? "") \(value.brief)", hint: "One of: \(known.joined(separator: ", "))", path: path,
        didYouMean: value.string.flatMap { Suggestion.nearest(to: $0, in: known) }, details: ["accepted": .array(words), "type": "enum"])
    }
    return switch value {
    case .object(let object): complaint(object, schema, at: path)
    case .array(let items): complaint(items, schema, at: path)
    case .string(let text): outside(text.count, schema["minLength"], schema["maxLength"], "characters", path)
    case .int, .double: outside(value, schema, path)
    case .null, .bool: nil
    }
  }

  private func complaint(_ object: JSONObject, _ schema: JSON, at path: String) -> Problem? {
    for key in schema["required"]?.array?.compactMap(\.string) ?? [] where object[key] == nil {
      return Problem(
        .invalid, "required field '\(key)' is missing", path: "\(path).\(key)", didYouMean: Suggestion.nearest(to: key, in: object.keys),
        details: ["type": "missing"])
    }
    for member in object.members {
      guard let inner = schema["properties"]?[member.key] ?? schema["additionalProperties"], inner.object != nil else { continue }
      if let problem = complaint(member.value, inner, at: "\(path).\(member.key)") { return problem }
    }
    return nil
  }

  private func complaint(_ items: [JSON], _ schema: JSON, at path: String) -> Problem? {
    if let problem = outside(items.count, schema["minItems"], schema["maxItems"], "items", path) { return problem }
    guard let inner = schema["items"] else { return nil }
    for (index, item) in items.enumerated() { if let problem = complaint(item, inner, at: "\(path)[\(index)]") { return problem } }
    return nil
  }

  private func outside(_ count: Int, _ least: JSON?, _ most: JSON?, _ what: String, _ path: String) -> Problem? {
    let (least, most) = (Int(least?.int ?? 0), Int(most?.int ?? .max))
    guard count < least || count > most else { return nil }
    let hint = count < least ? "Give at least \(least)" : "Give at most \(most)"
    return Problem(.invalid, "\(count) \(what) are given", hint: hint, path: path, details: ["type": count < least ? "too_short" : "too_long"])
  }

  private func outside(_ number: JSON, _ schema: JSON, _ path: String) -> Problem? {
    guard let value = number.double else { return nil }
    let (least, most) = (schema["minimum"]?.double, schema["maximum"]?.double)
    guard value < least ?? value || value > most ?? value else { return nil }
    let hint = least.map { low in most.map { "Give \(low) to \($0)" } ?? "Give at least \(low)" } ?? "Give at most \(most ?? 0)"
    return Problem(.invalid, "\(number.brief) is out of range", hint: hint, path: path)
  }

  private func wrong(_ expected: String, _ value: JSON, _ path: String) -> Problem {
    Problem(
      .invalid, "expected \(expected), got \(value.typeName) \(value.brief)", path: path,
      details: ["type": .string("\(expected.split(separator: " ").last ?? "value")_type")])
  }

  private static func isType(_ name: String, _ value: JSON) -> Bool {
    switch (name, value) {
    case ("null", .null), ("boolean", .bool), ("integer", .int), ("number", .int), ("number", .double), ("string", .string), ("array", .array),
      ("object", .object):
      true
    default: false
    }
  }
}
