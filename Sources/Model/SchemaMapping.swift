package import Basics

/// How the fields of an object come from a file: its text, a column of its rows, its folder, or a constant.
package struct SchemaMapping: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// The text of the file.
    case file
    case column(String)
    case constant(JSON)
    /// One folder of the path, 0 for the first and -1 for the last; nil for all of them.
    case folder(Int?)
  }

  package enum Transform: String, Sendable, CaseIterable { case lowercase, uppercase, trim, jsonParse = "json_parse" }

  package struct Entry: Sendable, Equatable {
    package var target: String
    package var source: Source
    package var transform: Transform?
    package var isRequired: Bool
  }

  package let json: JSON
  package let entries: [Entry]

  /// Reads `{"mappings": {"title": {"target_type": "field", "source": {"type": "column", "name": "headline"}}}}`.
  init(_ json: JSON, path: String) throws(Problem) {
    self.json = json
    let outer = try Fields(json, path: path, accepting: ["mappings"])
    guard let mappings = try outer.objectValue("mappings") else {
      throw outer.missing("mappings", example: "{\"title\": {\"source\": {\"type\": \"column\", \"name\": \"headline\"}}}")
    }
    var entries: [Entry] = []
    for member in mappings.members {
      let fields = try Fields(
        member.value, path: "\(outer.at("mappings")).\(member.key)",
        accepting: ["target_type", "source", "transform", "required", "blob_type", "blob_property", "mime_type_override"])
      let target = try fields.string("target_type") ?? "field"
      guard ["field", "blob"].contains(target) else {
        throw Problem(
          .invalid, "unknown target_type '\(target.prefix(40))'", hint: "One of: field, blob", path: fields.at("target_type"),
          didYouMean: Suggestion.nearest(to: target, in: ["field", "blob"]))
      }
      guard let source = fields["source"] else { throw fields.missing("source", example: "{\"type\": \"file\"}") }
      // A blob's value is a property of the bucket's schema, as any other field's.
      let property = target == "blob" ? try fields.string("blob_property") : nil
      entries.append(
        Entry(
          target: property ?? member.key, source: try Self.source(source, path: fields.at("source")), transform: try fields.choice("transform"),
          isRequired: try fields.bool("required") ?? false))
    }
    self.entries = entries
  }

  private static func source(_ json: JSON, path: String) throws(Problem) -> Source {
    let fields = try Fields(json, path: path)
    let known = ["file", "column", "constant", "folder_path"]
    let type = try fields.required("type", example: "\"column\"")
    switch type {
    case "file": return .file
    case "column": return .column(try fields.required("name", example: "\"headline\""))
    case "constant": return .constant(fields["value"] ?? .null)
    case "folder_path":
      if try fields.bool("full_path") ?? false { return .folder(nil) }
      return .folder(Int(try fields.int("segment", in: -64...64) ?? -1))
    default:
      throw Problem(
        ["filename_regex", "tag", "metadata", "drive_property", "rss_field", "rtsp_field"].contains(type) ? .unsupported : .invalid,
        "source type '\(type.prefix(40))' is not in this build", hint: "One of: \(known.joined(separator: ", "))", path: fields.at("type"),
        didYouMean: Suggestion.nearest(to: type, in: known))
    }
  }

  /// The fields of an object. `row` are the columns of structured files, `text` is what the file holds otherwise, `path` relative to the folder.
  ///
  /// Throws `.invalid` when something required is missing, or what is to be JSON is none.
  package func fields(row: JSONObject?, text: String?, path: String) throws(Problem) -> JSONObject {
    let folders = path.split(separator: "/").dropLast().map(String.init)
    var result = JSONObject()
    for entry in entries {
      var value: JSON = .null
      switch entry.source {
      case .file: value = text.map(JSON.string) ?? row.map { .string(JSON.object($0).text) } ?? .null
      case .column(let name): value = row?.value(at: name) ?? .null
      case .constant(let constant): value = constant
      case .folder(nil): if !folders.isEmpty { value = .string(folders.joined(separator: "/")) }
      case .folder(let segment?):
        let place = segment < 0 ? folders.count + segment : segment
        if folders.indices.contains(place) { value = .string(folders[place]) }
      }
      if let transform = entry.transform, let text = value.string { value = try apply(transform, to: text, of: entry) }
      if value != .null {
        result[entry.target] = value
      } else if entry.isRequired {
        throw Problem(.invalid, "there is nothing for the required field '\(entry.target)'", path: entry.target)
      }
    }
    return result
  }

  private func apply(_ transform: Transform, to text: String, of entry: Entry) throws(Problem) -> JSON {
    switch transform {
    case .lowercase: return .string(text.lowercased())
    case .uppercase: return .string(text.uppercased())
    case .trim:
      let blanks: (Character) -> Bool = { $0.isWhitespace }
      return .string(String(text.drop(while: blanks).reversed().drop(while: blanks).reversed()))
    case .jsonParse:
      do throws(Problem) { return try JSON(parsing: text) } catch { throw error.within(entry.target) }
    }
  }
}
