package import Basics

/// An alert at a collection: when it looks, and which of a document's fields become the retriever's inputs.
package struct AlertApplication: Sendable, Equatable {
  package enum Mode: String, Sendable, CaseIterable { case onIngest = "on_ingest", scheduled, onDemand = "on_demand" }

  /// Where an input's value comes from.
  package enum Origin: Sendable, Equatable {
    case field(String)
    case constant(JSON)
  }

  package struct Mapping: Sendable, Equatable {
    package var input: String
    package var origin: Origin
  }

  package var alertID: String
  package var mode: Mode
  package var mappings: [Mapping]
  package var priority: Int64
  package private(set) var given: JSONObject

  /// Reads a collection's `alert_applications`: `{alert_id, execution_mode?, input_mappings, execution_phase?, priority?}` each.
  package static func list(_ json: JSON?, path: String = "alert_applications") throws(Problem) -> [AlertApplication] {
    guard let json, json != .null else { return [] }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    var result: [AlertApplication] = []
    for (position, item) in items.enumerated() {
      let application = try AlertApplication(item, path: "\(path)[\(position)]")
      if result.contains(where: { $0.alertID == application.alertID }) {
        throw Problem(.invalid, "the alert '\(application.alertID)' is given twice", path: "\(path)[\(position)].alert_id")
      }
      result.append(application)
    }
    return result
  }

  package init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(
      json, path: path, accepting: ["alert_id", "execution_mode", "input_mappings", "execution_phase", "priority"])
    alertID = try fields.required("alert_id", example: "\"alt_safety\"")
    mode = try fields.choice("execution_mode") ?? .onIngest
    priority = try fields.int("priority", in: 0...1000) ?? 0
    given = fields.object
    mappings = []
    guard let items = fields["input_mappings"]?.array else {
      if let wrong = fields["input_mappings"] {
        throw Problem(.invalid, "expected an array, got \(wrong.typeName)", path: fields.at("input_mappings"))
      }
      throw fields.missing("input_mappings", example: Self.example)
    }
    for (position, item) in items.enumerated() {
      let mapping = try Fields(item, path: "\(fields.at("input_mappings"))[\(position)]", accepting: ["input_key", "source"])
      let input = try mapping.required("input_key", example: "\"query\"")
      guard mapping["source"] != nil else { throw mapping.missing("source", example: "{\"source_type\": \"document_field\", \"path\": \"text\"}") }
      let source = try Fields(mapping["source"], path: mapping.at("source"), accepting: ["source_type", "path", "value"])
      let word = try source.required("source_type", example: "\"document_field\"")
      switch word {
      case "document_field": mappings.append(Mapping(input: input, origin: .field(try source.required("path", example: "\"text\""))))
      case "constant": mappings.append(Mapping(input: input, origin: .constant(source.object["value"] ?? .null)))
      default:
        let known = ["document_field", "constant"]
        let isLater = word == "source_blob"
        throw Problem(
          isLater ? .unsupported : .invalid, isLater ? "source_type 'source_blob' is not in this build" : "unknown source_type '\(word)'",
          hint: "One of: \(known.joined(separator: ", "))", path: source.at("source_type"),
          didYouMean: isLater ? nil : Suggestion.nearest(to: word, in: known), details: ["accepted": .array(known.map(JSON.string)), "type": "enum"])
      }
    }
  }

  private static let example = "[{\"input_key\": \"query\", \"source\": {\"source_type\": \"document_field\", \"path\": \"text\"}}]"

  /// Names the alert by its identifier, also in what was given.
  package mutating func setAlert(_ id: String) {
    alertID = id
    given["alert_id"] = .string(id)
  }

  package var json: JSON {
    var shown = given
    shown["execution_mode"] = .string(mode.rawValue)
    return .object(shown)
  }

  /// The inputs that a document gives: its fields and vectors by their paths, `vectors.NAME` for a vector.
  package func inputs(from document: Document) -> JSONObject {
    var inputs = JSONObject()
    let shown = document.json(vectors: true).object ?? JSONObject()
    for mapping in mappings {
      switch mapping.origin {
      case .constant(let value): inputs[mapping.input] = value
      case .field(let path): inputs[mapping.input] = shown.value(at: path)
      }
    }
    return inputs
  }
}
