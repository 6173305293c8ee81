package import Basics
package import Model

/// What can be known of a script before it runs: that it compiles, that the functions it calls exist, take so many arguments, and are
/// allowed to its kind.
///
/// It reads words, not programs: what it says is so; what it cannot see, it passes.
package struct ScriptCheck {
  package struct Finding: Sendable, Equatable {
    package var line: Int
    package var message: String
    package var hint: String?
    package var didYouMean: String?
    /// Whether it is sure to fail when that line runs.
    package var isError: Bool

    package var json: JSON {
      [
        "line": .int(line), "severity": .string(isError ? "error" : "warning"), "message": .string(message), "hint": .optional(hint),
        "did_you_mean": .optional(didYouMean),
      ]
    }
  }

  /// In the order of their lines.
  package let findings: [Finding]

  package init(_ script: Script, kind: StoredScript.Kind) {
    var findings: [Finding] = []
    let interpreter = Interpreter(memory: 16 << 20)
    do throws(Problem) {
      try interpreter.check(script, kind: [.batch, .module, .test].contains(kind) ? .batch : .predicate)
    } catch {
      // Where it is, a finding says by its line.
      let fact = error.message.firstRange(of: "does not compile").map { String(error.message[$0.lowerBound...]) } ?? error.message
      findings.append(
        Finding(
          line: error.details["line"]?.int.map { Int($0) } ?? 1, message: fact, hint: error.hint, didYouMean: error.didYouMean, isError: true))
    }
    // Of a text that does not compile the words are not worth looking at.
    if findings.isEmpty {
      var walker = CallWalker(LuaToken.all(in: script.source), kind: kind)
      findings = walker.walk()
    }
    self.findings = findings.sorted { $0.line < $1.line }
  }

  package var hasErrors: Bool { findings.contains { $0.isError } }
  package var json: JSONObject { ["ok": .bool(!hasErrors), "findings": .array(findings.map(\.json))] }
}
