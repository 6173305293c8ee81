package import Basics

/// What the objects of a bucket carry: named properties, each with a type, checked when an object is written.
///
/// Fields that the schema does not name are kept as they are: they are metadata.
package struct BucketSchema: Sendable, Equatable {
  package enum FieldType: String, Sendable, CaseIterable {
    case string, number, integer, float, boolean, object, array, date, datetime, text, image, audio, video, pdf, excel

    /// What a value of this type has to be in JSON; media are texts that say where they are.
    fileprivate func accepts(_ value: JSON) -> Bool {
      switch self {
      case .string, .text, .image, .audio, .video, .pdf, .excel: value.string != nil
      case .date, .datetime: value.string.map { Instant($0) != nil } ?? false
      case .number, .float: value.double != nil
      case .integer: value.int != nil
      case .boolean: value.bool != nil
      case .object: value.object != nil
      case .array: value.array != nil
      }
    }

    fileprivate var example: String {
      switch self {
      case .string, .text: "\"a text\""
      case .image, .audio, .video, .pdf, .excel: "\"https://example.com/file\""
      case .date, .datetime: "\"2026-01-01T00:00:00Z\""
      case .number, .float: "1.5"
      case .integer: "1"
      case .boolean: "true"
      case .object: "{}"
      case .array: "[]"
      }
    }

    /// Whether its values are words that an extractor can read.
    package var isText: Bool { self == .string || self == .text }
  }

  package struct Field: Sendable, Equatable {
    package var name: String
    package var type: FieldType
    package var isRequired: Bool
    /// What an object gets that leaves the field out; nil when it gets nothing.
    package var standard: JSON?
    /// The values that are allowed; empty means all.
    package var choices: [JSON]
  }

  /// The schema as it was given.
  package var json: JSONObject
  package var fields: [Field]

  /// Reads `{"properties": {"title": {"type": "text", "required"?, "default"?, "enum"?, …}}}`.
  package init(_ json: JSON, path: String = "bucket_schema") throws(Problem) {
    let outer = try Fields(json, path: path)
    guard let properties = try outer.objectValue("properties") else {
      throw outer.missing("properties", example: "{\"title\": {\"type\": \"text\"}}")
    }
    self.json = outer.object
    fields = []
    for member in properties.members {
      let at = "\(path).properties.\(member.key)"
      _ = try Names.check(member.key, path: at)
      let field = try Fields(member.value, path: at)
      guard let type: FieldType = try field.choice("type") else { throw field.missing("type", example: "\"text\"") }
      fields.append(
        Field(
          name: member.key, type: type, isRequired: try field.bool("required") ?? false, standard: field["default"],
          choices: field["enum"]?.array ?? []))
    }
  }

  package func field(named name: String) -> Field? { fields.first { $0.name == name } }

  /// Refuses values of another type, values that are not among the allowed ones, and objects without what is required. Fills in defaults.
  ///
  /// `given` are the names that come in another way (blobs); `path` is where the object lies in the request, empty for its root.
  package func complete(_ object: inout JSONObject, given: Set<String>, path: String) throws(Problem) {
    func at(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    for field in fields {
      let value = object[field.name] ?? .null
      if value != .null {
        try Self.check(value, as: field, path: at(field.name))
      } else if !given.contains(field.name) {
        if let standard = field.standard {
          object[field.name] = standard
        } else if field.isRequired {
          throw Problem(
            .invalid, "required field '\(field.name)' is missing",
            hint: "The bucket's schema asks for it, e.g. \"\(field.name)\": \(field.type.example)",
            path: at(field.name), didYouMean: Suggestion.nearest(to: field.name, in: object.keys), details: ["type": "missing"])
        }
      }
    }
  }

  package static func check(_ value: JSON, as field: Field, path: String) throws(Problem) {
    guard field.type.accepts(value) else {
      throw Problem(
        .invalid, "'\(field.name)' is \(field.type.rawValue) in the bucket's schema, got \(value.typeName) \(value.brief)",
        hint: "For example \"\(field.name)\": \(field.type.example)", path: path, details: ["type": .string("\(field.type.rawValue)_type")])
    }
    guard field.choices.isEmpty || field.choices.contains(value) else {
      let known = field.choices.map { $0.string ?? $0.text }
      throw Problem(
        .invalid, "'\(value.string ?? value.text)' is not allowed for '\(field.name)'", hint: "One of: \(known.prefix(12).joined(separator: ", "))",
        path: path, didYouMean: value.string.flatMap { Suggestion.nearest(to: $0, in: known) }, details: ["type": "enum"])
    }
  }
}
