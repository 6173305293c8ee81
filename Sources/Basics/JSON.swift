/// A JSON value: integers stay integers, object members keep their order.
package enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// The members of a JSON object, in the order they came. Lookup is linear: objects here are small.
package struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: JSON
    package init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  package var members: [Member]

  package init() { members = [] }
  package init(members: [Member]) { self.members = members }
  package init(dictionaryLiteral elements: (String, JSON)...) { members = elements.map { Member(key: $0.0, value: $0.1) } }

  package subscript(key: String) -> JSON? {
    get { members.first { $0.key == key }?.value }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Sets all of these members, in one pass: one by one, a client's million keys would be looked for a million times.
  /// With `nullRemoves`, null takes the member away.
  package mutating func set(_ changes: [Member], nullRemoves: Bool = false) {
    var places: [String: Int] = [:]
    places.reserveCapacity(members.count + changes.count)
    for (place, member) in members.enumerated() where places[member.key] == nil { places[member.key] = place }
    var removesAny = false
    for change in changes {
      if let place = places[change.key] {
        members[place].value = change.value
      } else {
        places[change.key] = members.count
        members.append(change)
      }
      removesAny = removesAny || nullRemoves && change.value == .null
    }
    guard removesAny else { return }
    let removed = Set(changes.lazy.filter { $0.value == .null }.map(\.key))
    members.removeAll { $0.value == .null && removed.contains($0.key) }
  }

  package var keys: [String] { members.map(\.key) }
  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { members.count }

  /// Equal as JSON objects are: the order of members does not count.
  package static func == (a: JSONObject, b: JSONObject) -> Bool {
    a.count == b.count && a.members.allSatisfy { b[$0.key] == $0.value }
  }
}

// MARK: - Reading and writing values

extension JSON {
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
  package var isNull: Bool { self == .null }

  /// The integer, also when it was written as `3.0`: some writers know only doubles.
  package var int: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }
  package var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  package subscript(key: String) -> JSON? { object?[key] }

  /// The kind of value in JSON's words, for error messages.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int: "integer"
    case .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(members: elements.map { .init(key: $0.0, value: $0.1) }))
  }
  package init(nilLiteral: ()) { self = .null }
}

extension JSON {
  package static func int(_ value: Int) -> JSON { .int(Int64(value)) }
  /// An optional text: null when there is none.
  package static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
  package static func optional(_ value: Int64?) -> JSON { value.map(JSON.int) ?? .null }
  package static func optional(_ value: Double?) -> JSON { value.map(JSON.double) ?? .null }
  /// An instant as the API writes it: RFC 3339 in UTC.
  package static func optional(_ value: Instant?) -> JSON { value.map { .string($0.description) } ?? .null }
  package static func instant(_ value: Instant) -> JSON { .string(value.description) }
}
