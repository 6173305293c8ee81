package import Basics

/// A body of the receiver's own shape: JSON whose texts may hold `{{ path }}`, in the place of which stands the value of the message there.
///
/// A text that is one placeholder becomes the value itself, whatever its type; inside a longer text it becomes its words. Of Jinja, whose notation
/// this is, there is nothing else: no statements, no filters.
package struct PayloadTemplate: Sendable, Equatable {
  /// As it was given.
  package let json: JSON

  /// Refuses what looks like more than a placeholder.
  package init(_ json: JSON, path: String) throws(Problem) {
    self.json = json
    try Self.check(json, path: path)
  }

  private static func check(_ json: JSON, path: String) throws(Problem) {
    switch json {
    case .string(let text): _ = try pieces(of: text, path: path)
    case .array(let items): for (index, item) in items.enumerated() { try check(item, path: "\(path)[\(index)]") }
    case .object(let object): for member in object.members { try check(member.value, path: "\(path).\(member.key)") }
    case .null, .bool, .int, .double: break
    }
  }

  private enum Piece {
    case text(Substring)
    case placeholder(String)
  }

  private static func pieces(of text: String, path: String) throws(Problem) -> [Piece] {
    func refuse(_ why: String) -> Problem {
      Problem(.invalid, "'\(text.prefix(60))' \(why)", hint: "For example \"{{ event_type }}\" or \"{{ data.collection_id }}\"", path: path)
    }
    if text.firstRange(of: "{%") != nil || text.firstRange(of: "{#") != nil { throw refuse("has a statement; only placeholders are filled in") }
    var pieces: [Piece] = []
    var rest = text[...]
    while let opening = rest.firstRange(of: "{{") {
      if opening.lowerBound > rest.startIndex { pieces.append(.text(rest[..<opening.lowerBound])) }
      guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else { throw refuse("opens a placeholder and does not close it") }
      let name = rest[opening.upperBound..<closing.lowerBound].split(separator: " ").joined(separator: " ")
      guard !name.isEmpty, name.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0 | 32) || $0 == 95 || $0 == 46 }) else {
        throw refuse("has the placeholder '\(name.prefix(40))', which is not a path")
      }
      pieces.append(.placeholder(name))
      rest = rest[closing.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.text(rest)) }
    return pieces
  }

  /// The template with the message's values. What the message does not have is null, and nothing inside a text.
  package func filled(with message: JSONObject) -> JSON { Self.fill(json, message) }

  private static func fill(_ json: JSON, _ message: JSONObject) -> JSON {
    switch json {
    case .string(let text):
      // It was looked at when it was made.
      guard let pieces = try? pieces(of: text, path: "") else { return json }
      if pieces.count == 1, case .placeholder(let name) = pieces[0] { return message.value(at: name) ?? .null }
      var result = ""
      for piece in pieces {
        switch piece {
        case .text(let text): result += text
        case .placeholder(let name):
          let value = message.value(at: name) ?? .null
          result += value.string ?? (value == .null ? "" : value.text)
        }
      }
      return .string(result)
    case .array(let items): return .array(items.map { fill($0, message) })
    case .object(let object): return .object(JSONObject(members: object.members.map { .init(key: $0.key, value: fill($0.value, message)) }))
    case .null, .bool, .int, .double: return json
    }
  }
}
