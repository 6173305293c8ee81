package import Basics

extension ScriptRun {
  /// A predicate's answer: whether it holds, and why. An error is neither true nor false, so it is thrown.
  package func verdict() throws(Problem) -> (passed: Bool, reason: String?) {
    let values = try values()
    guard case .bool(let passed)? = values.first else { throw Self.notBoolean(values.first) }
    return (passed, Self.reason(values))
  }

  /// Why a predicate or a before hook said what it said: its second value, as much of it as is kept with the decision.
  package static func reason(_ values: [JSON]) -> String? {
    guard let text = values.dropFirst().first?.string else { return nil }
    return text.utf8.count <= reasonBytes ? text : String(decoding: text.utf8.prefix(reasonBytes), as: UTF8.self) + "…"
  }

  private static let reasonBytes = 1024

  /// A metric's answer.
  package func number() throws(Problem) -> Double {
    let values = try values()
    guard let number = values.first?.double else { throw Self.notNumber(values.first) }
    return number
  }

  static func notBoolean(_ value: JSON?) -> Problem {
    Problem(
      .script, "the predicate answered with \(value?.luaTypeName ?? "nothing"), not with true or false",
      hint: "End it with e.g. `return count > 100, \"enough documents\"`; `x ~= nil` makes a boolean of something that may be missing.")
  }

  static func notNumber(_ value: JSON?) -> Problem {
    Problem(.script, "the metric answered with \(value?.luaTypeName ?? "nothing"), not with a number", hint: "End it with e.g. `return 0.5`.")
  }
}

extension JSON {
  /// The kind of value in Lua's words.
  fileprivate var luaTypeName: String {
    switch self {
    case .null: "nil"
    case .bool: "a boolean"
    case .int, .double: "a number"
    case .string: "a string"
    case .array, .object: "a table"
    }
  }
}
