package import Basics

/// A field of documents that a namespace keeps an index of, so that filters and sort orders find their documents without looking at all.
package struct PayloadIndex: Sendable, Equatable {
  /// What the field holds; it is kept and shown. Every kind is indexed by value and type, so that a wrong word loses nothing.
  package enum Kind: String, Sendable, CaseIterable { case keyword, integer, float, bool, datetime, text, uuid }
  /// Whether somebody asked for it, or filters used the field often enough.
  package enum Origin: String, Sendable, CaseIterable { case asked, used }

  package var id: Int64
  package var namespaceID: String
  package var field: String
  package var kind: Kind
  package var isProtected: Bool
  package var origin: Origin
  /// Whether every document of the namespace is in it.
  package var isReady: Bool
  package var createdAt: Instant

  package init(
    id: Int64, namespaceID: String, field: String, kind: Kind, isProtected: Bool = false, origin: Origin, isReady: Bool = false, createdAt: Instant
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.field = field
    self.kind = kind
    self.isProtected = isProtected
    self.origin = origin
    self.isReady = isReady
    self.createdAt = createdAt
  }

  /// A namespace has at most so many.
  package static let limit = 64

  /// Reads a namespace's `payload_indexes`: `{field_name, type, field_schema?, is_protected?}` each. They are still without a number.
  package static func list(_ json: JSON?, in namespaceID: String, at now: Instant, path: String = "payload_indexes") throws(Problem) -> [PayloadIndex]
  {
    guard let json, json != .null else { return [] }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    guard items.count <= limit else { throw Problem(.invalid, "\(items.count) indexes are given", hint: "Give at most \(limit)", path: path) }
    var result: [PayloadIndex] = []
    for (position, item) in items.enumerated() {
      let fields = try Fields(item, path: "\(path)[\(position)]", accepting: ["field_name", "type", "field_schema", "is_protected"])
      let field = try fields.required("field_name", example: "\"status\"")
      guard field.count <= 255 else {
        throw Problem(.invalid, "field_name has \(field.count) characters", hint: "Give at most 255", path: fields.at("field_name"))
      }
      _ = try keys(of: field, path: fields.at("field_name"))
      if try fields.string("type") == "geo" {
        throw Problem(
          .unsupported, "indexes of the type 'geo' are not in this build", hint: "One of: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))",
          path: fields.at("type"))
      }
      guard let kind: Kind = try fields.choice("type") else { throw fields.missing("type", example: "\"keyword\"") }
      if result.contains(where: { $0.field == field }) {
        throw Problem(.invalid, "two indexes are of the field '\(field)'", path: fields.at("field_name"))
      }
      result.append(
        PayloadIndex(
          id: 0, namespaceID: namespaceID, field: field, kind: kind, isProtected: try fields.bool("is_protected") ?? false, origin: .asked,
          createdAt: now))
    }
    return result
  }

  /// The keys that lead to a field; only fields of the users' own can be indexed, the host's are columns.
  package static func keys(of field: String, path: String) throws(Problem) -> [String] {
    guard case .field(let keys) = Filter.subject(of: field) else {
      throw Problem(.invalid, "'\(field)' is indexed already", hint: "Leave it out", path: path)
    }
    guard keys.allSatisfy({ !$0.isEmpty && !$0.utf8.contains { $0 < 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 == 127 } })
    else {
      throw Problem(
        .invalid, "the field '\(field)' cannot be indexed", hint: "Write keys with dots between them, for example \"product.price\"", path: path)
    }
    return keys
  }

  package var json: JSON {
    [
      "field_name": .string(field), "type": .string(kind.rawValue), "is_protected": .bool(isProtected), "status": isReady ? "ready" : "building",
      "origin": .string(origin.rawValue),
    ]
  }
}
