package import Basics

/// A Lua script as a trigger names it: given in place as `{"source": "…"}`, or as a plain string.
package struct ScriptReference: Sendable, Hashable {
  package var source: String

  package init(source: String) { self.source = source }

  /// A script is at most this many bytes of text.
  package static let sizeLimit = 32 * 1024

  package init(_ json: JSON, path: String) throws(Problem) {
    if let text = json.string {
      source = text
    } else {
      let fields = try Fields(json, path: path, accepting: ["source"])
      source = try fields.required("source", example: "\"return function(ctx) return true end\"")
    }
    guard source.utf8.count <= Self.sizeLimit else {
      throw Problem(
        .tooLarge, "the script has \(source.utf8.count) bytes, \(Self.sizeLimit) are allowed", hint: "Move data into documents or kv", path: path)
    }
  }

  package var json: JSON { ["source": .string(source)] }
}
