/// What an editor needs to know of the library: `perigee.d.lua` with LuaCATS annotations, made from `Library.functions`.
///
/// The format is described in the LuaCATS manual, https://luals.github.io/wiki/annotations/.
package enum Stubs {
  package static func lua() -> String {
    var text = "---@meta perigee\n-- Written by `perigee stubs`; it is only read by editors.\n\n"
    text += contextFields + "\n\n---@class perigee\nperigee = {}\n"
    for table in tables { text += "\n---@class \(table)\n\(table) = {}\n" }
    text += "\n---@type perigee.context\nctx = {}\n"
    for function in Library.functions {
      text += "\n--- \(function.summary)\n"
      if function.right != .none { text += "--- Right: \(function.right.rawValue) (\(function.kinds.map(\.rawValue).joined(separator: ", "))).\n" }
      if function.isValue {
        text += "---@type \(function.returns ?? "any")\n\(function.spelling) = nil\n"
        continue
      }
      for parameter in function.parameters {
        text += "---@param \(parameter.name)\(parameter.isOptional ? "?" : "") \(parameter.type)\n"
      }
      if let returns = function.returns { text += "---@return \(returns)\n" }
      text += "function \(function.spelling)(\(function.parameters.map(\.name).joined(separator: ", "))) end\n"
    }
    return text
  }

  /// `.luarc.json` for the Lua language server: the version of Lua, and what a script finds without making it.
  package static let configuration = """
    {
      "$schema": "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
      "runtime.version": "Lua 5.4",
      "runtime.builtin": {"io": "disable", "os": "disable", "debug": "disable", "package": "disable"},
      "diagnostics.globals": ["perigee", "ctx", "event", "arg", "test"],
      "workspace.library": ["perigee.d.lua"]
    }

    """

  /// The tables inside `perigee`: "perigee.documents", …
  private static var tables: [String] {
    let paths = Library.functions.filter { !$0.isGlobal && !$0.isMethod }.map(\.path)
    return Set(paths.compactMap { path in path.lastIndex(of: ".").map { String(path[..<$0]) } }.filter { $0 != "perigee" }).sorted()
  }

  private static func description(_ fields: [(String, String, String)], of name: String) -> String {
    "---@class \(name)\n" + fields.map { "---@field \($0.0) \($0.1) \($0.2)" }.joined(separator: "\n")
  }

  private static let contextFields =
    description(
      [
        ("trigger", "table", "The trigger that asks, with the fields of the API."),
        ("now", "number", "Seconds since 1970 in UTC."),
        ("scheduled_at", "number?", "When it was due."),
        ("state", "table", "Kept from run to run, at most 64 KiB."),
        ("cursor", "any", "Where ctx:events left off."),
        ("last_run", "table?", "The last execution."),
        ("baseline", "table?", "What drift is measured from."),
      ], of: "perigee.context") + "\n\n"
    + description(
      [
        ("type", "string", "As document.created."), ("collection_id", "string?", "Where it happened."), ("document_id", "string?", "To what."),
        ("document", "table?", "The document's fields, read where you look."), ("payload", "any", "Of a custom event."),
        ("at", "number", "Seconds since 1970 in UTC."),
      ], of: "perigee.event")
}
