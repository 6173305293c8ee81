import Basics

/// Puts inputs where a stage's parameters name them: `"{{INPUT.query}}"` becomes the input's value, `"by {{INPUT.author}}"` a text with it,
/// and `{"type": "dynamic", "field": "inputs.query"}` is the same in filters' values.
///
/// The contract's templates are Jinja2; of it this knows paths with dots and brackets into the inputs. What else it knows is refused by name.
struct RetrieverTemplate {
  let inputs: JSONObject
  /// The inputs that were named, and of those the ones that nobody gave.
  private(set) var used: Set<String> = []
  private(set) var missing: Set<String> = []

  init(_ inputs: JSONObject) { self.inputs = inputs }

  /// The value with every template replaced. A template alone that names a missing input becomes null; within a text it becomes nothing.
  mutating func resolve(_ json: JSON, path: String) throws(Problem) -> JSON {
    switch json {
    case .string(let text): return try resolve(text, path: path)
    case .array(let items):
      var result: [JSON] = []
      result.reserveCapacity(items.count)
      for (index, item) in items.enumerated() { result.append(try resolve(item, path: "\(path)[\(index)]")) }
      return .array(result)
    case .object(let object):
      if object["type"] == "dynamic", let field = object["field"]?.string { return try value(of: field, path: path) ?? .null }
      var result = object
      for index in result.members.indices {
        result.members[index].value = try resolve(result.members[index].value, path: "\(path).\(result.members[index].key)")
      }
      return .object(result)
    case .null, .bool, .int, .double: return json
    }
  }

  /// A filter with its templates replaced. A condition whose input nobody gave is left out, and the others stay: so one retriever serves requests
  /// with and without it. The fields of such conditions are added to `relaxed`. Nil when nothing is left.
  mutating func resolveFilter(_ json: JSON, path: String, relaxed: inout [String]) throws(Problem) -> JSON? {
    guard let object = json.object else { return try resolve(json, path: path) }
    if let field = object["field"], object["type"] != "dynamic" {
      let before = missing
      missing = []
      let resolved = try resolve(json, path: path)
      let isWhole = missing.isEmpty
      missing.formUnion(before)
      if isWhole { return resolved }
      relaxed.append(field.string ?? field.text)
      return nil
    }
    var result = JSONObject()
    for member in object.members {
      let at = "\(path).\(member.key)"
      if ["AND", "OR", "NOT"].contains(member.key), let items = member.value.array {
        var kept: [JSON] = []
        for (index, item) in items.enumerated() {
          if let one = try resolveFilter(item, path: "\(at)[\(index)]", relaxed: &relaxed) { kept.append(one) }
        }
        if !kept.isEmpty || items.isEmpty { result[member.key] = .array(kept) }
        continue
      }
      let before = missing
      missing = []
      let value = try resolve(member.value, path: at)
      if missing.isEmpty { result[member.key] = value } else { relaxed.append(member.key) }
      missing.formUnion(before)
    }
    return result.isEmpty && !object.isEmpty ? nil : .object(result)
  }

  private mutating func resolve(_ text: String, path: String) throws(Problem) -> JSON {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return .string(text) }
    if let tag = Self.range(of: "{%", in: text) {
      throw Self.unsupported(String(text[tag.lowerBound...].prefix(40)), path)
    }
    var result = ""
    var rest = text[...]
    while let open = Self.range(of: "{{", in: rest) {
      guard let close = Self.range(of: "}}", in: rest[open.upperBound...]) else {
        throw Problem(.invalid, "'{{' is not closed in \(JSON.string(text).brief)", hint: "For example \"{{INPUT.query}}\"", path: path)
      }
      let value = try value(of: String(rest[open.upperBound..<close.lowerBound]), path: path)
      if open.lowerBound == text.startIndex, close.upperBound == text.endIndex { return value ?? .null }
      result += rest[..<open.lowerBound]
      result += value?.string ?? value?.text ?? ""
      rest = rest[close.upperBound...]
    }
    return .string(result + rest)
  }

  /// What an expression means: a namespace that is ours, and keys into it.
  private mutating func value(of expression: String, path: String) throws(Problem) -> JSON? {
    let keys = try Self.keys(expression, path: path)
    guard let first = keys.first, ["input", "inputs"].contains(first.lowercased()), keys.count > 1 else {
      throw Self.unsupported(expression, path)
    }
    used.insert(keys[1])
    var value = JSON.object(inputs)
    for key in keys.dropFirst() {
      let next: JSON?
      switch value {
      case .object(let object): next = object[key]
      case .array(let items): next = Int(key).flatMap { items.indices.contains($0) ? items[$0] : nil }
      default: next = nil
      }
      guard let next, next != .null else {
        missing.insert(keys[1])
        return nil
      }
      value = next
    }
    return value
  }

  /// `INPUT.a.b[0]['c d']` as its keys.
  private static func keys(_ expression: String, path: String) throws(Problem) -> [String] {
    var keys: [String] = []
    var key = ""
    var quote: Character?
    var inBrackets = false
    for character in expression {
      if let open = quote {
        if character == open { quote = nil } else { key.append(character) }
        continue
      }
      switch character {
      case " " where !inBrackets && key.isEmpty, " " where inBrackets: continue
      case " ":
        // Only spaces may follow a path.
        key.append(character)
      case ".", "[", "]":
        inBrackets = character == "["
        if !key.isEmpty { keys.append(key) }
        key = ""
      case "'" where inBrackets, "\"" where inBrackets: quote = character
      case let character where character.isLetter || character.isNumber || character == "_" || character == "-": key.append(character)
      default: throw unsupported(expression, path)
      }
    }
    while key.hasSuffix(" ") { key.removeLast() }
    guard !key.contains(" "), quote == nil else { throw unsupported(expression, path) }
    if !key.isEmpty { keys.append(key) }
    return keys
  }

  private static func unsupported(_ expression: String, _ path: String) -> Problem {
    Problem(
      .unsupported, "the template '\(expression.prefix(60))' is not in this build",
      hint: "Name an input, with dots and brackets: {{INPUT.query}}, {{INPUT.user.tags[0]}}", path: path)
  }

  private static func range(of mark: String, in text: some StringProtocol) -> Range<String.Index>? {
    var start = text.startIndex
    while start < text.endIndex {
      if text[start...].hasPrefix(mark) { return start..<text.index(start, offsetBy: mark.count) }
      start = text.index(after: start)
    }
    return nil
  }
}
