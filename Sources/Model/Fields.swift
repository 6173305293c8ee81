package import Basics

/// The members of a JSON object on their way into a typed value: each is asked for once by name and type, and what nobody asked for
/// is refused with the nearest accepted name. Every Problem carries the path from the outermost object.
package struct Fields {
  package let object: JSONObject
  package let path: String

  /// Wraps an object. With `accepting`, members of other names are refused; without, they pass (free-form objects).
  package init(_ json: JSON?, path: String = "", accepting names: [String]? = nil) throws(Problem) {
    self.path = path
    switch json {
    case nil, .null: object = JSONObject()
    case .object(let object): self.object = object
    case let other?:
      throw Problem(.invalid, "expected an object, got \(other.typeName)", path: path.isEmpty ? nil : path)
    }
    guard let names else { return }
    let unknown = object.keys.filter { !names.contains($0) }
    guard let first = unknown.first else { return }
    func problem(_ key: String) -> Problem {
      Problem(
        .invalid, "unknown field '\(key)'",
        hint: names.isEmpty ? "There are no fields here" : "Accepted: \(names.joined(separator: ", "))", path: self.at(key),
        didYouMean: Suggestion.nearest(to: key, in: names),
        details: ["accepted": .array(names.map(JSON.string)), "type": "extra_forbidden"])
    }
    var result = problem(first)
    // A few are enough to see what is wrong; a client's million would cost a minute of looking for what is alike.
    result.others = unknown.dropFirst().prefix(31).map(problem)
    throw result
  }

  package func at(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The value, or nil when it is absent or null: the API treats both alike.
  package subscript(key: String) -> JSON? {
    let value = object[key]
    return value == .null ? nil : value
  }

  private func wrong(_ key: String, _ expected: String, _ value: JSON, example: String?) -> Problem {
    Problem(
      .invalid, "expected \(expected), got \(value.typeName) \(value.brief)", hint: example.map { "For example \"\(key)\": \($0)" }, path: at(key),
      details: ["type": .string("\(expected.split(separator: " ").last ?? "value")_type")])
  }

  package func missing(_ key: String, example: String? = nil) -> Problem {
    Problem(
      .invalid, "required field '\(key)' is missing", hint: example.map { "For example \"\(key)\": \($0)" }, path: at(key),
      didYouMean: Suggestion.nearest(to: key, in: object.keys.filter { $0 != key }), details: ["type": "missing"])
  }

  package func string(_ key: String, example: String? = nil) throws(Problem) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw wrong(key, "a string", value, example: example) }
    return text
  }

  package func required(_ key: String, example: String) throws(Problem) -> String {
    guard let text = try string(key, example: example) else { throw missing(key, example: example) }
    if text.isEmpty { throw Problem(.invalid, "'\(key)' is empty", hint: "For example \"\(key)\": \(example)", path: at(key)) }
    return text
  }

  package func bool(_ key: String) throws(Problem) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.bool else { throw wrong(key, "a boolean", value, example: "true") }
    return flag
  }

  package func int(_ key: String, in range: ClosedRange<Int64> = .min ... .max, example: String? = nil) throws(Problem) -> Int64? {
    guard let value = self[key] else { return nil }
    guard case .int(let number) = value else { throw wrong(key, "an integer", value, example: example ?? "\(max(range.lowerBound, 1))") }
    guard range.contains(number) else {
      throw outside(key, "\(number)", "\(range.lowerBound)", "\(range.upperBound)", open: range.upperBound == .max)
    }
    return number
  }

  package func number(
    _ key: String, in range: ClosedRange<Double> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
  ) throws(Problem) -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.double else { throw wrong(key, "a number", value, example: nil) }
    guard range.contains(number) else {
      throw outside(key, "\(number)", "\(range.lowerBound)", "\(range.upperBound)", open: range.upperBound == .greatestFiniteMagnitude)
    }
    return number
  }

  private func outside(_ key: String, _ value: String, _ low: String, _ high: String, open: Bool) -> Problem {
    Problem(.invalid, "\(value) is out of range", hint: open ? "Give at least \(low)" : "Give \(low) to \(high)", path: at(key))
  }

  package func strings(_ key: String, atLeast: Int = 0) throws(Problem) -> [String]? {
    guard let value = self[key] else { return nil }
    guard let items = value.array else { throw wrong(key, "an array", value, example: "[\"…\"]") }
    var result: [String] = []
    for (index, item) in items.enumerated() {
      guard let text = item.string else {
        throw Problem(.invalid, "expected a string, got \(item.typeName) \(item.brief)", path: at(key) + "[\(index)]")
      }
      result.append(text)
    }
    if result.count < atLeast { throw Problem(.invalid, "needs at least \(atLeast) item\(atLeast == 1 ? "" : "s")", path: at(key)) }
    return result
  }

  /// A list of objects, each with its own path.
  package func objects(_ key: String, in counts: ClosedRange<Int>, example: String) throws(Problem) -> [(object: JSONObject, path: String)]? {
    guard let value = self[key] else { return nil }
    guard let items = value.array else { throw wrong(key, "an array", value, example: example) }
    guard counts.contains(items.count) else {
      throw Problem(
        items.count > counts.upperBound ? .tooLarge : .invalid, "\(items.count) items",
        hint: "Give \(counts.lowerBound) to \(counts.upperBound), for example \(example)", path: at(key))
    }
    var result: [(object: JSONObject, path: String)] = []
    for (index, item) in items.enumerated() {
      let path = at(key) + "[\(index)]"
      guard let object = item.object else { throw Problem(.invalid, "expected an object, got \(item.typeName) \(item.brief)", path: path) }
      result.append((object, path))
    }
    return result
  }

  package func objectValue(_ key: String) throws(Problem) -> JSONObject? {
    guard let value = self[key] else { return nil }
    guard let object = value.object else { throw wrong(key, "an object", value, example: "{}") }
    return object
  }

  /// What a field may be that is taken and means nothing here.
  package enum Shape { case boolean, integer, string, strings, object }

  /// Fields that clients of the contract send and that mean nothing here have their types all the same: a mistake in one is told.
  package func check(_ shapes: KeyValuePairs<String, Shape>) throws(Problem) {
    for (key, shape) in shapes {
      switch shape {
      case .boolean: _ = try bool(key)
      case .integer: _ = try int(key)
      case .string: _ = try string(key)
      case .strings: _ = try strings(key)
      case .object: _ = try objectValue(key)
      }
    }
  }

  /// Fields of the contract that would promise something that this build does not do; empty ones and false ones promise nothing.
  package func refuse(_ keys: [String], hint: String = "Leave it out") throws(Problem) {
    for key in keys {
      guard let value = self[key], value != false, value != [], value != [:] else { continue }
      throw Problem(.unsupported, "'\(key)' is not in this build", hint: hint, path: at(key))
    }
  }

  /// One of an enumeration's words.
  package func choice<Word: RawRepresentable & CaseIterable>(_ key: String, _ type: Word.Type = Word.self) throws(Problem) -> Word?
  where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue)
    guard let text = try string(key, example: "\"\(words[0])\"") else { return nil }
    guard let word = Word(rawValue: text) else {
      throw Problem(
        .invalid, "unknown \(key) '\(text)'", hint: "One of: \(words.joined(separator: ", "))", path: at(key),
        didYouMean: Suggestion.nearest(to: text, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
    }
    return word
  }
}

extension JSON {
  /// The value as it may stand in an error message: short, and never a whole document.
  package var brief: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value.count > 60 ? "\"\(value.prefix(57))…\"" : "\"\(value)\""
    case .array(let items): "of \(items.count) items"
    case .object(let object): "with \(object.count) members"
    }
  }
}
