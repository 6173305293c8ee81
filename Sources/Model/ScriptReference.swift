package import Basics

/// A Lua script as a trigger names it: given in place as `{"source": "…"}` or as a plain string, or stored, as `{"name": "urgent"}`,
/// `{"script": "urgent"}` or `{"script_id": "scr_…"}`, with `"version"` where it must be one in particular. With `"isolation": "fresh"` each
/// run has an interpreter of its own.
package struct ScriptReference: Sendable, Hashable {
  package enum Origin: Sendable, Hashable {
    case source(String)
    /// By name or identifier; without a version it is the active one at the moment of use.
    case stored(String, version: Int64?)
  }

  /// What runs share. Scripts see nothing of each other in either; a fresh state has no history that could matter to a bug of Lua's.
  package enum Isolation: String, Sendable, CaseIterable {
    /// The interpreter of the namespace on that thread.
    case shared
    /// Nothing: an interpreter is made for the run, and thrown away after it.
    case fresh
  }

  package var origin: Origin
  package var isolation = Isolation.shared
  /// The word under which a stored one was given.
  private var key = "name"

  package init(source: String) { origin = .source(source) }

  package init(stored name: String, version: Int64? = nil) { origin = .stored(name, version: version) }

  /// The text, when it was given in place.
  package var source: String? { if case .source(let text) = origin { text } else { nil } }
  /// The name or identifier, when it is stored.
  package var stored: String? { if case .stored(let name, _) = origin { name } else { nil } }

  /// A script is at most this many bytes of text.
  package static let sizeLimit = 32 * 1024

  private static let storedKeys = ["name", "script", "script_id"]

  package init(_ json: JSON, path: String) throws(Problem) {
    if let text = json.string {
      origin = .source(text)
    } else {
      let fields = try Fields(json, path: path, accepting: ["source", "version", "isolation"] + Self.storedKeys)
      isolation = try fields.choice("isolation") ?? .shared
      let given = Self.storedKeys.filter { fields[$0] != nil }
      let version = try fields.int("version", in: 1 ... .max)
      if let first = given.first {
        if let second = given.dropFirst().first ?? (fields["source"] == nil ? nil : "source") {
          throw Problem(
            .invalid, "'\(first)' and '\(second)' both say which script", hint: "Give one of them", path: fields.at(second))
        }
        key = first
        origin = .stored(try fields.required(first, example: first == "script_id" ? "\"scr_4fJk2…\"" : "\"urgent\""), version: version)
      } else {
        if version != nil {
          throw Problem(
            .invalid, "'version' goes with a stored script", hint: "For example {\"name\": \"urgent\", \"version\": 3}", path: fields.at("version"))
        }
        origin = .source(try fields.required("source", example: "\"return function(ctx) return true end\""))
      }
    }
    if let source { try Self.checkSize(source, path: path) }
  }

  package static func checkSize(_ source: String, path: String) throws(Problem) {
    guard source.utf8.count <= sizeLimit else {
      throw Problem(
        .tooLarge, "the script has \(source.utf8.count) bytes, \(sizeLimit) are allowed", hint: "Move data into documents or kv", path: path)
    }
  }

  package var json: JSON {
    var result: JSONObject
    switch origin {
    case .source(let source): result = ["source": .string(source)]
    case .stored(let name, let version):
      result = [key: .string(name)]
      if let version { result["version"] = .int(version) }
    }
    if isolation != .shared { result["isolation"] = .string(isolation.rawValue) }
    return .object(result)
  }
}
