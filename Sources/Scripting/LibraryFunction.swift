import CLua

/// One function that scripts can call, as everything that mentions it needs it: the interpreter, error messages, help, the stubs.
package struct LibraryFunction: Sendable {
  /// What a script must be allowed to, for the call to be answered.
  package enum Right: String, Sendable {
    /// Pure: conversions, logging.
    case none
    case read, write
    /// Only a batch script may.
    case batch
    /// Only a test of scripts may.
    case test
  }

  package struct Parameter: Sendable {
    package var name: String
    /// In LuaCATS, as `string` or `table<string, any>`.
    package var type: String
    package var isOptional: Bool
  }

  /// What the host is called with: "documents.get", "ctx.count", "print".
  package var name: String
  package var parameters: [Parameter]
  /// In LuaCATS; nil when it gives nothing back.
  package var returns: String?
  /// One line.
  package var summary: String
  package var right: Right
  /// How its arguments cross: one of the forms in `clua.h`.
  let form: Int32

  /// How a script writes it: "perigee.documents.get", "ctx:count".
  package var spelling: String {
    if isGlobal { return name }
    if name.hasPrefix("t.") { return "t:" + name.dropFirst(2) }
    return name.hasPrefix("ctx.") ? (takesContext ? "ctx:" + name.dropFirst(4) : name) : "perigee." + name
  }

  /// The kinds of script that may call it.
  package var kinds: [ScriptKind] { ScriptKind.allCases.filter { right == .none || $0.rights.contains(right) } }

  var takesContext: Bool { form == Int32(CLUA_METHOD) }
  /// A value instead of a function.
  package var isValue: Bool { form == Int32(CLUA_JSON_NULL) }
  package var isGlobal: Bool { ["print", "require", "test"].contains(name) }
  /// Whether it is found on `ctx` or `t` instead of in a table of `perigee`.
  package var isMethod: Bool { name.hasPrefix("ctx.") || name.hasPrefix("t.") }
  /// Where it lies among the tables: "perigee.documents.get", "ctx.count".
  package var path: String { isGlobal || isMethod ? name : "perigee." + name }
  /// Whether it takes any number of arguments.
  package var isVariadic: Bool { parameters.contains { $0.name == "..." } }
}

extension LibraryFunction.Parameter {
  /// From "name: type", with a question mark behind the name when it may be left out.
  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let written = parts[0]
    isOptional = written.hasSuffix("?")
    name = isOptional ? String(written.dropLast()) : written
    type = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "any"
  }
}
