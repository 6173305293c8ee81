package import Basics

/// What a filter means, in plain code: the definition that a store's own way of filtering has to agree with.
///
/// A missing field and null are the same. Numbers equal numbers whichever way they are written, and nothing else; text is compared
/// by its bytes, except that the operators that look into text (`contains`, `starts_with`, `ends_with`, `text`) ignore case.
extension Filter {
  /// What a field's name refers to.
  package enum Subject: Sendable, Equatable {
    case documentID, collectionID, createdAt, updatedAt
    /// A user's field, by the keys that lead to it.
    case field([String])
  }

  package static func subject(of field: String) -> Subject {
    switch field {
    case "document_id": .documentID
    case "collection_id": .collectionID
    case "_internal.created_at": .createdAt
    case "_internal.updated_at": .updatedAt
    default: .field(field.split(separator: ".", omittingEmptySubsequences: false).map(String.init))
    }
  }

  /// Text without its case: lower-cased by Unicode's default rules.
  package static func fold(_ text: String) -> String { text.lowercased() }

  /// Whether a document, as `Document.json` shows it, passes.
  package func matches(_ document: JSONObject) -> Bool { matches(document, isExact: false) }

  private func matches(_ document: JSONObject, isExact: Bool) -> Bool {
    switch self {
    case .all(let inner): inner.allSatisfy { $0.matches(document, isExact: isExact) }
    case .any(let inner): inner.contains { $0.matches(document, isExact: isExact) }
    case .none(let inner): !inner.contains { $0.matches(document, isExact: isExact) }
    case .exact(let inner): inner.matches(document, isExact: true)
    case .mentions(let text): Self.mentions(.object(document), Array(Self.fold(text).utf8), isRoot: true)
    case .share(let share, let count): Self.share(of: document["document_id"]?.string ?? "", among: count) == share
    case .compare(let field, let comparison, let value):
      switch Self.subject(of: field) {
      case .createdAt: Self.holds(Self.instant("created_at", in: document), comparison, Self.instants(value), isExact)
      case .updatedAt: Self.holds(Self.instant("updated_at", in: document), comparison, Self.instants(value), isExact)
      case .documentID, .collectionID: Self.holds(Self.value(at: [field], in: document), comparison, value, isExact)
      case .field(let path): Self.holds(Self.value(at: path, in: document), comparison, value, isExact)
      }
    }
  }

  /// Times compare as times, not as text: with milliseconds and without, in any zone.
  private static func instant(_ name: String, in document: JSONObject) -> JSON { instants(value(at: ["_internal", name], in: document)) }

  private static func instants(_ value: JSON) -> JSON {
    switch value {
    case .string(let text): Instant(text).map { .int($0.milliseconds) } ?? .null
    case .array(let items): .array(items.map(instants))
    default: value
    }
  }

  private static func value(at path: [String], in document: JSONObject) -> JSON {
    var value = JSON.object(document)
    for key in path {
      guard case .object(let object) = value, let next = object.members.first(where: { $0.key.utf8.elementsEqual(key.utf8) }) else { return .null }
      value = next.value
    }
    return value
  }

  private static func holds(_ found: JSON, _ comparison: Comparison, _ wanted: JSON, _ isExact: Bool) -> Bool {
    switch comparison {
    case .eq: equal(found, wanted)
    case .ne: !equal(found, wanted)
    case .in: wanted.array?.contains { equal(found, $0) } ?? false
    case .nin: !(wanted.array?.contains { equal(found, $0) } ?? false)
    case .gt: ordered(wanted, found)
    case .lt: ordered(found, wanted)
    case .gte: ordered(wanted, found) || comparable(found, wanted) && equal(found, wanted)
    case .lte: ordered(found, wanted) || comparable(found, wanted) && equal(found, wanted)
    case .exists: found.isNull == (wanted == false)
    case .isNull: found.isNull != (wanted == false)
    case .contains:
      if case .array(let items) = found {
        items.contains { equal($0, wanted) }
      } else {
        looks(found, wanted, isExact) { position($1, in: $0) != nil }
      }
    case .text: looks(found, wanted, isExact) { position($1, in: $0) != nil }
    case .startsWith: looks(found, wanted, isExact) { $0.starts(with: $1) }
    case .regex, .phrase, .words:
      found.string.map { text in
        (try? TextLook(comparison, wanted.string ?? "", isExact: isExact))?.finds(in: text, isExact: isExact) ?? false
      } ?? false
    case .endsWith: looks(found, wanted, isExact) { $0.reversed().starts(with: $1.reversed()) }
    }
  }

  private static func comparable(_ a: JSON, _ b: JSON) -> Bool { a.string != nil && b.string != nil || a.double != nil && b.double != nil }

  private static func equal(_ a: JSON, _ b: JSON) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.int(let a), .int(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.int(let a), .double(let b)), (.double(let b), .int(let a)): Int64(exactly: b) == a
    // Containers are equal when they are written alike.
    case (.array, .array), (.object, .object): a.bytes == b.bytes
    default: false
    }
  }

  /// Whether both are numbers or both are texts, and the first is the smaller.
  private static func ordered(_ a: JSON, _ b: JSON) -> Bool {
    switch (a, b) {
    case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.int(let a), .int(let b)): a < b
    case (.double(let a), .double(let b)): a < b
    // Exactly, also where a double cannot tell neighbouring integers apart: a < b as a < ⌈b⌉.
    case (.int(let a), .double(let b)): Int64(exactly: b.rounded(.up)).map { a < $0 } ?? (b > 0)
    case (.double(let a), .int(let b)): Int64(exactly: a.rounded(.down)).map { $0 < b } ?? (a < 0)
    default: false
    }
  }

  private static func looks(_ found: JSON, _ wanted: JSON, _ isExact: Bool, _ test: ([UInt8], [UInt8]) -> Bool) -> Bool {
    guard let text = found.string, let part = wanted.string else { return false }
    return isExact ? test(Array(text.utf8), Array(part.utf8)) : test(Array(fold(text).utf8), Array(fold(part).utf8))
  }

  /// Whether some text holds the folded `part`; what the system wrote of a document, and of which collection it is, is not looked at.
  private static func mentions(_ json: JSON, _ part: [UInt8], isRoot: Bool) -> Bool {
    switch json {
    case .string(let text): position(part, in: Array(fold(text).utf8)) != nil
    case .array(let items): items.contains { mentions($0, part, isRoot: false) }
    case .object(let object):
      object.members.contains { member in
        !(isRoot && ["_internal", "collection_id"].contains(member.key)) && mentions(member.value, part, isRoot: false)
      }
    case .null, .bool, .int, .double: false
    }
  }

  /// The share that an identifier falls into, by its FNV-1a hash (http://www.isthe.com/chongo/tech/comp/fnv/).
  package static func share(of identifier: some Sequence<UInt8>, among count: Int64) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in identifier { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    // The lower bits of the product alone are poorly mixed.
    return Int64((hash ^ hash >> 32) % UInt64(max(count, 1)))
  }

  package static func share(of identifier: String, among count: Int64) -> Int64 { share(of: identifier.utf8, among: count) }

  private static func position(_ part: [UInt8], in text: [UInt8]) -> Int? {
    guard part.count <= text.count else { return nil }
    return (0...(text.count - part.count)).first { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
