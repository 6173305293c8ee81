import Basics
import Model

/// Compares JSON with a schema of the description: the words of JSON Schema that the description uses, and an error for any other.
struct SchemaCheck {
  let schemas: JSONObject

  init(_ description: JSON) { schemas = description["components"]?["schemas"]?.object ?? JSONObject() }

  /// What does not fit, with the path where; empty when all fits.
  func complaints(_ value: JSON, _ schema: JSON, at path: String = "") -> [String] {
    guard let rules = schema.object else { return ["\(path): not a schema"] }
    var found: [String] = []
    for rule in rules.members {
      switch rule.key {
      case "$ref":
        let name = rule.value.string?.split(separator: "/").last.map(String.init) ?? ""
        found += schemas[name].map { complaints(value, $0, at: path) } ?? ["\(path): no schema \(name)"]
      case "anyOf":
        let all = (rule.value.array ?? []).map { complaints(value, $0, at: path) }
        if !all.contains(where: \.isEmpty) { found.append("\(path): none of \(all)") }
      case "type":
        let names = rule.value.array?.compactMap(\.string) ?? [rule.value.string ?? ""]
        if !names.contains(where: { Self.isType($0, value) }) { found.append("\(path): \(value.brief) is not \(names)") }
      case "enum": if rule.value.array?.contains(value) != true { found.append("\(path): \(value.brief) is not one of \(rule.value)") }
      case "const": if rule.value != value { found.append("\(path): \(value.brief) is not \(rule.value)") }
      case "required":
        guard let object = value.object else { continue }
        for key in rule.value.array?.compactMap(\.string) ?? [] where object[key] == nil { found.append("\(path).\(key) is missing") }
      case "properties":
        for member in rule.value.object?.members ?? [] {
          if let inner = value.object?[member.key] { found += complaints(inner, member.value, at: "\(path).\(member.key)") }
        }
      case "additionalProperties":
        let known = schema["properties"]?.object ?? JSONObject()
        for member in value.object?.members ?? [] where known[member.key] == nil {
          if rule.value == false { found.append("\(path).\(member.key) is not described") }
          if rule.value.object != nil { found += complaints(member.value, rule.value, at: "\(path).\(member.key)") }
        }
      case "items":
        for (index, item) in (value.array ?? []).enumerated() { found += complaints(item, rule.value, at: "\(path)[\(index)]") }
      case "minimum": if let number = value.double, let least = rule.value.double, number < least { found.append("\(path): below \(least)") }
      case "maximum": if let number = value.double, let most = rule.value.double, number > most { found.append("\(path): above \(most)") }
      case "minLength": if let text = value.string, text.count < rule.value.int ?? 0 { found.append("\(path): too short") }
      case "maxLength": if let text = value.string, text.count > rule.value.int ?? 0 { found.append("\(path): too long") }
      case "minItems": if let items = value.array, items.count < rule.value.int ?? 0 { found.append("\(path): too few") }
      case "maxItems": if let items = value.array, items.count > rule.value.int ?? 0 { found.append("\(path): too many") }
      case "format": if rule.value == "date-time", let text = value.string, Instant(text) == nil { found.append("\(path): '\(text)' is no instant") }
      case "default", "description", "pattern": continue
      case let other: found.append("\(path): unknown rule \(other)")
      }
    }
    return found
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
