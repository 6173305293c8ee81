import Basics
import Model

/// What a list is asked to be sorted by: `field:desc` in a query string, `{"field": …, "direction": …}` in a body.
struct SortOrder {
  var field: String
  var descending: Bool

  /// Nil when nothing is asked for.
  init?(_ fields: Fields) throws(Problem) {
    guard let json = fields["sort"] else { return nil }
    if case .string(let text) = json {
      let parts = text.split(separator: ":")
      (field, descending) = (String(parts.first ?? ""), parts.count > 1 && parts[1] == "desc")
      return
    }
    let order = try Fields(json, path: "sort", accepting: ["field", "direction"])
    let direction = try order.string("direction") ?? "asc"
    guard ["asc", "desc"].contains(direction) else {
      throw Problem(.invalid, "unknown direction '\(direction)'", hint: "One of: asc, desc", path: "sort.direction")
    }
    (field, descending) = (try order.required("field", example: "\"created_at\""), direction == "desc")
  }
}
