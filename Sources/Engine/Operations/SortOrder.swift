import Basics
import Model

/// What a list is asked to be sorted by: `{"field": …, "direction": …}`, in a query string also `field:desc`.
struct SortOrder {
  var field: String
  var descending: Bool

  /// Nil when nothing is asked for.
  init?(_ fields: Fields) throws(Problem) {
    guard let given = fields["sort"], given != [:], given != "" else { return nil }
    let order = try Fields(Self.object(given), path: "sort", accepting: ["field", "direction"])
    let direction = try order.string("direction") ?? "asc"
    guard ["asc", "desc"].contains(direction) else {
      throw Problem(.invalid, "unknown direction '\(direction)'", hint: "One of: asc, desc", path: "sort.direction")
    }
    (field, descending) = (try order.required("field", example: "\"created_at\""), direction == "desc")
  }

  private static func object(_ given: JSON) throws(Problem) -> JSON {
    guard case .string(let text) = given else { return given }
    if text.hasPrefix("{") {
      do throws(Problem) { return try JSON(parsing: text) } catch { throw Problem(.invalid, "the order is not JSON: \(error.message)", path: "sort") }
    }
    // The last colon: a field's own name may have others.
    guard let colon = text.lastIndex(of: ":") else { return ["field": .string(text)] }
    return ["field": .string(String(text[..<colon])), "direction": .string(String(text[text.index(after: colon)...]))]
  }
}
