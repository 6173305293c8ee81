import Basics
import Model

/// `documents.distinct` and `documents.aggregate`: pages of documents go by, and only the groups are kept.
extension LibraryCalls {
  private static let groupLimit = 10_000

  private func forEach(_ collection: String, filter: JSON?, select: [String], _ body: (JSONObject) throws(Problem) -> Void) throws(Problem) {
    var cursor: JSON = .null
    repeat {
      var query: JSONObject = ["limit": .int(Operation.documentLimit)]
      query["filters"] = filter
      if !select.isEmpty { query["select"] = .array(select.map(JSON.string)) }
      if cursor != .null { query["cursor"] = cursor }
      let answer = try perform("list_documents", path: ["collection_identifier": collection], body: .object(query))
      for document in answer["results"]?.array ?? [] { try body(document.object ?? JSONObject()) }
      cursor = answer["pagination"]?["next_cursor"] ?? .null
    } while cursor != .null
  }

  private func tooMany() -> Problem {
    Problem(.tooLarge, "there are more than \(Self.groupLimit) different values", hint: "Narrow it with a filter, or stream with documents.each")
  }

  func distinct(_ arguments: [JSON]) throws(Problem) -> JSON {
    guard arguments.count > 1, let collection = arguments[0].string, let field = arguments[1].string, !field.isEmpty else {
      throw Problem(
        .invalid, "documents.distinct takes a collection and a field", hint: "For example perigee.documents.distinct(\"words\", \"kind\")")
    }
    let filter = arguments.count > 2 && arguments[2] != .null ? Self.options(arguments, 2) : nil
    var counts: [String: (value: JSON, count: Int, first: Int)] = [:]
    try forEach(collection, filter: filter, select: [Self.top(field)]) { document throws(Problem) in
      let value = document.value(at: field) ?? .null
      if value == .null { return }
      let key = value.text
      if let known = counts[key] {
        counts[key] = (known.value, known.count + 1, known.first)
      } else {
        guard counts.count < Self.groupLimit else { throw tooMany() }
        counts[key] = (value, 1, counts.count)
      }
    }
    let sorted = counts.values.sorted { ($1.count, $0.first) < ($0.count, $1.first) }
    return .array(sorted.map { ["value": $0.value, "count": .int($0.count)] })
  }

  private static func top(_ path: String) -> String { path.split(separator: ".").first.map(String.init) ?? path }

  private struct Group {
    var values: [JSON]
    var count = 0
    var numbers: [String: (sum: Double, count: Int, min: Double, max: Double)] = [:]
  }

  func aggregate(_ arguments: [JSON]) throws(Problem) -> JSON {
    let name = "documents.aggregate"
    guard let collection = arguments.first?.string else { throw Problem(.invalid, "\(name): argument 1 must be the collection, a string") }
    let fields = try Fields(Self.options(arguments, 1), path: name, accepting: ["group_by", "sum", "mean", "min", "max", "filter"])
    func names(_ key: String) throws(Problem) -> [String] {
      if let one = fields[key]?.string { return [one] }
      return try fields.strings(key) ?? []
    }
    let by = try names("group_by")
    var wanted: [(kind: String, field: String)] = []
    for kind in ["sum", "mean", "min", "max"] { for field in try names(kind) { wanted.append((kind, field)) } }
    let measured = Set(wanted.map(\.field))
    var groups: [String: Group] = [:]
    var order: [String] = []
    try forEach(collection, filter: fields["filter"], select: Set((by + measured).map(Self.top)).sorted()) { document throws(Problem) in
      let values = by.map { document.value(at: $0) ?? .null }
      let key = JSON.array(values).text
      if groups[key] == nil {
        guard groups.count < Self.groupLimit else { throw tooMany() }
        groups[key] = Group(values: values)
        order.append(key)
      }
      groups[key]?.count += 1
      for field in measured {
        guard let number = document.value(at: field)?.double else { continue }
        let old = groups[key]?.numbers[field] ?? (0, 0, .infinity, -.infinity)
        groups[key]?.numbers[field] = (old.sum + number, old.count + 1, Swift.min(old.min, number), Swift.max(old.max, number))
      }
    }
    return .array(order.compactMap { groups[$0] }.map { Self.row($0, by, wanted) })
  }

  private static func row(_ group: Group, _ by: [String], _ wanted: [(kind: String, field: String)]) -> JSON {
    var row = JSONObject()
    for (field, value) in zip(by, group.values) { row[field] = value }
    row["count"] = .int(group.count)
    for (kind, field) in wanted {
      guard let seen = group.numbers[field] else { continue }
      let value: Double =
        switch kind {
        case "sum": seen.sum
        case "mean": seen.sum / Double(seen.count)
        case "min": seen.min
        default: seen.max
        }
      row["\(kind)_\(field)"] = .double(value)
    }
    return .object(row)
  }
}
