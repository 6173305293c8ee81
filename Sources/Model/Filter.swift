package import Basics

/// A condition on documents' fields, as the API's filter grammar has it: AND, OR, NOT around `{field, operator, value}`.
package indirect enum Filter: Sendable, Equatable {
  case all([Filter])
  case any([Filter])
  /// True when every inner filter is false.
  case none([Filter])
  case compare(field: String, Comparison, JSON)
  /// The inner filter, where capital and small letters are not the same.
  case exact(Filter)
  /// Some text of the document, or its identifier, holds this one, whatever the case.
  case mentions(String)
  /// The documents whose identifiers fall into one of `count` shares.
  case share(Int64, of: Int64)

  package enum Comparison: String, Sendable, CaseIterable {
    case eq, ne, gt, lt, gte, lte, `in`, nin, contains, startsWith = "starts_with", endsWith = "ends_with", exists, isNull = "is_null", text
    case regex, phrase, words

    /// Whether it looks into a text, so that case may matter.
    package var looksIntoText: Bool {
      switch self {
      case .contains, .startsWith, .endsWith, .text, .regex, .phrase, .words: true
      case .eq, .ne, .gt, .lt, .gte, .lte, .in, .nin, .exists, .isNull: false
      }
    }
  }

  private static let unsupported = ["geo_radius", "geo_bounding_box", "geo_polygon"]

  /// Reads a filter: `{"AND": […]}`, `{"field": …, "operator": …, "value": …}`, or the shorthand `{"status": "active"}`.
  package init(_ json: JSON, path: String) throws(Problem) { self = try Self.read(json, path: path, depth: 0, isExact: false) }

  private static func read(_ json: JSON, path: String, depth: Int, isExact given: Bool) throws(Problem) -> Filter {
    guard depth < 32 else { throw Problem(.invalid, "filters nest deeper than 32", path: path) }
    guard let object = json.object else {
      throw Problem(.invalid, "expected an object, got \(json.typeName)", hint: "For example {\"status\": \"active\"}", path: path)
    }
    // The official SDK says false with every inner condition, whatever was said around it.
    let isExact = try Fields(json, path: path).bool("case_sensitive") ?? false || given
    if object["field"] != nil, object["operator"] != nil || object["value"] != nil { return try condition(object, path: path, isExact: isExact) }
    var parts: [Filter] = []
    for member in object.members {
      switch member.key {
      case "case_sensitive": continue
      case "AND", "OR", "NOT":
        if member.value == .null { continue }
        guard let items = member.value.array else {
          throw Problem(
            .invalid, "expected an array, got \(member.value.typeName)", hint: "For example {\"\(member.key)\": [{\"status\": \"active\"}]}",
            path: "\(path).\(member.key)")
        }
        var inner: [Filter] = []
        for (index, item) in items.enumerated() {
          inner.append(try read(item, path: "\(path).\(member.key)[\(index)]", depth: depth + 1, isExact: isExact))
        }
        if inner.isEmpty { continue }
        parts.append(member.key == "AND" ? .all(inner) : member.key == "OR" ? .any(inner) : .none(inner))
      default:
        if member.value.array != nil || member.value.object != nil {
          throw Problem(
            .invalid, "'\(member.key)' is compared with \(member.value.typeName == "array" ? "an array" : "an object")",
            hint: "Write {\"field\": \"\(member.key)\", \"operator\": \"in\", \"value\": […]}", path: "\(path).\(member.key)")
        }
        parts.append(.compare(field: member.key, .eq, member.value))
      }
    }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private static func condition(_ object: JSONObject, path: String, isExact: Bool) throws(Problem) -> Filter {
    let fields = try Fields(.object(object), path: path, accepting: ["field", "operator", "value", "case_sensitive"])
    let field = try fields.required("field", example: "\"status\"")
    let word = try fields.string("operator") ?? "eq"
    guard let comparison = Comparison(rawValue: word) else {
      let known = Comparison.allCases.map(\.rawValue)
      let isLater = unsupported.contains(word)
      throw Problem(
        isLater ? .unsupported : .invalid, isLater ? "operator '\(word)' is not in this build" : "unknown operator '\(word)'",
        hint: "One of: \(known.joined(separator: ", "))", path: "\(path).operator",
        didYouMean: isLater ? nil : Suggestion.nearest(to: word, in: known))
    }
    let value = object["value"] ?? .null
    switch comparison {
    case .in, .nin:
      guard value.array != nil else { throw Problem(.invalid, "'\(word)' needs an array, got \(value.typeName)", path: "\(path).value") }
    case .contains, .startsWith, .endsWith, .text, .regex, .phrase, .words:
      guard let text = value.string else { throw Problem(.invalid, "'\(word)' needs a string, got \(value.typeName)", path: "\(path).value") }
      do throws(Problem) { _ = try TextLook(comparison, text, isExact: isExact) } catch { throw error.within(path) }
    case .gt, .lt, .gte, .lte:
      guard value.string != nil || value.double != nil else {
        throw Problem(.invalid, "'\(word)' needs a number or a string, got \(value.typeName)", path: "\(path).value")
      }
    default: break
    }
    let filter = Filter.compare(field: field, comparison, value)
    return isExact && comparison.looksIntoText ? .exact(filter) : filter
  }
}
