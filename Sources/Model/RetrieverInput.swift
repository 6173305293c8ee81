package import Basics

/// A named value that a retriever is executed with: its type, and what it is when nobody gives it.
package struct RetrieverInput: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case string, number, integer, float, boolean, object, array, date, datetime, text, image, audio, video, pdf, excel
    case documentReference = "document_reference"

    /// Whether a value is of this kind; media are given by their address, dates as text.
    func accepts(_ value: JSON) -> Bool {
      switch self {
      case .number, .float: value.double != nil
      case .integer: value.int != nil
      case .boolean: value.bool != nil
      case .object: value.object != nil
      case .array: value.array != nil
      case .documentReference: value.object != nil || value.string != nil
      case .string, .text, .date, .datetime, .image, .audio, .video, .pdf, .excel: value.string != nil
      }
    }

    /// A value of this kind, for looking at stages before anybody gives one.
    var sample: JSON {
      switch self {
      case .number, .float: 0.5
      case .integer: 1
      case .boolean: true
      case .object: [:]
      case .array: []
      case .documentReference: ["collection_id": "col_1", "document_id": "doc_1"]
      case .string, .text, .date, .datetime, .image, .audio, .video, .pdf, .excel: "text"
      }
    }
  }

  package var name: String
  package var kind: Kind
  package var isRequired: Bool
  package var standard: JSON?
  package var accepted: [JSON]?

  private static let names = ["type", "default", "items", "properties", "examples", "description", "enum", "required"]

  /// Reads an `input_schema`: an object of `{type, default?, required?, enum?, …}` by name.
  package static func schema(_ json: JSON?, path: String = "input_schema") throws(Problem) -> [RetrieverInput] {
    let fields = try Fields(json, path: path)
    var result: [RetrieverInput] = []
    for member in fields.object.members {
      let field = try Fields(member.value, path: fields.at(member.key), accepting: names)
      guard let kind: Kind = try field.choice("type") else { throw field.missing("type", example: "\"text\"") }
      if let choices = field["enum"], choices.array == nil {
        throw Problem(.invalid, "expected an array, got \(choices.typeName)", hint: "For example [\"new\", \"used\"]", path: field.at("enum"))
      }
      let input = RetrieverInput(
        name: member.key, kind: kind, isRequired: try field.bool("required") ?? false, standard: field["default"], accepted: field["enum"]?.array)
      if let standard = input.standard { try input.check(standard, path: field.at("default")) }
      result.append(input)
    }
    return result
  }

  package func check(_ value: JSON, path: String) throws(Problem) {
    guard kind.accepts(value) else {
      throw Problem(
        .invalid, "input '\(name)' is of the type \(kind.rawValue), got \(value.typeName) \(value.brief)",
        hint: "For example \"\(name)\": \(kind.sample.text)", path: path, details: ["type": .string("\(kind.rawValue)_type")])
    }
    if let accepted, !accepted.contains(value) {
      throw Problem(
        .invalid, "input '\(name)' is \(value.brief)", hint: "One of: \(accepted.map(\.text).joined(separator: ", "))", path: path,
        didYouMean: value.string.flatMap { Suggestion.nearest(to: $0, in: accepted.compactMap(\.string)) },
        details: ["accepted": .array(accepted), "type": "enum"])
    }
  }
}

/// The values that one execution works with, and what became of those that were given.
package struct RetrieverValues: Sendable, Equatable {
  /// Given, or filled in from defaults.
  package private(set) var values = JSONObject()
  /// Defaults that were filled in.
  package private(set) var inferred = JSONObject()
  package private(set) var provided: [String] = []

  /// Checks what was given against the schema. Inputs that the schema does not know pass: stages may name them all the same.
  package init(_ given: JSONObject, for schema: [RetrieverInput], path: String = "inputs") throws(Problem) {
    for member in given.members where member.value != .null {
      if let input = schema.first(where: { $0.name == member.key }) { try input.check(member.value, path: "\(path).\(member.key)") }
      values[member.key] = member.value
      provided.append(member.key)
    }
    for input in schema where values[input.name] == nil {
      if let standard = input.standard {
        values[input.name] = standard
        inferred[input.name] = standard
      } else if input.isRequired {
        throw Problem(
          .invalid, "required input '\(input.name)' is missing", hint: "For example \"\(input.name)\": \(input.kind.sample.text)",
          path: "\(path).\(input.name)", didYouMean: Suggestion.nearest(to: input.name, in: given.keys), details: ["type": "missing"])
      }
    }
  }

  /// A value for every input of a schema, for looking at stages before anybody executes them.
  static func samples(of schema: [RetrieverInput]) -> JSONObject {
    JSONObject(members: schema.map { .init(key: $0.name, value: $0.standard ?? $0.accepted?.first ?? $0.kind.sample) })
  }
}
