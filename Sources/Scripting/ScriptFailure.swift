import Basics
import CLua

/// A run that did not return, turned into what its author needs: where, what, and what to try.
struct ScriptFailure {
  let script: Script
  private(set) var message: String
  private(set) var line: Int?
  private let result: clua_result
  private let traceback: [String]
  private let raised: (text: String, problem: Problem)?

  init(script: Script, message: String, result: clua_result, state: OpaquePointer, raised: (text: String, problem: Problem)? = nil) {
    self.script = script
    self.message = message
    self.result = result
    self.raised = raised
    line = result.line > 0 ? Int(result.line) : nil
    traceback = clua_traceback(state).text.split(separator: "\n").map(String.init)
    // Lua writes "name:line: text"; the line there is the one that the error wants to blame.
    let prefix = script.chunkName + ":"
    guard message.hasPrefix(prefix) else { return }
    let rest = message.dropFirst(prefix.count)
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), rest.dropFirst(digits.count).hasPrefix(": ") else { return }
    line = number
    self.message = String(rest.dropFirst(digits.count + 2))
  }

  /// The script's own error.
  var problem: Problem {
    let what = result.compiling ? "does not compile: " : ""
    var text = message
    if text.isEmpty { text = "the script ended with an error that cannot be shown" }
    var problem = Problem(.script, "\(place): \(what)\(text)", details: details)
    if let raised, !raised.text.isEmpty, message.hasSuffix(raised.text) {
      // The host's problem reached the end: its facts are worth more than the text that Lua carried.
      problem.message = "\(place): \(raised.problem.path.map { "\($0): " } ?? "")\(raised.problem.message)"
      problem.hint = raised.problem.hint
      problem.didYouMean = raised.problem.didYouMean
      problem.details["cause"] = .string(raised.problem.kind.rawValue)
    } else if result.compiling {
      let advice = SyntaxAdvice(for: message, line: line, source: script.source)
      problem.hint = advice.hint
      problem.didYouMean = advice.didYouMean
    } else {
      let advice = ScriptAdvice(for: message)
      problem.hint = advice.hint
      problem.didYouMean = advice.didYouMean
    }
    return problem
  }

  func outcome(budget: Budget, memory: Int, kind: ScriptKind) -> ScriptRun.Outcome {
    switch clua_outcome(UInt32(result.outcome)) {
    case CLUA_OUT_OF_MEMORY, CLUA_BROKEN:
      return .killed(
        limit("memory", "it ran out of memory: a run may use \(bytes(memory)), and one value 8 MiB", .int(memory), raise(kind, "--memory")))
    case CLUA_KILLED: return .killed(stopped(budget: budget, kind: kind))
    default: return .failed(problem)
    }
  }

  private func stopped(budget: Budget, kind: ScriptKind) -> Problem {
    switch clua_kill(UInt32(result.kill)) {
    case CLUA_CANCELLED: return Problem(.cancelled, "\(place): it was cancelled", details: details)
    case CLUA_INSTRUCTIONS:
      let limit = budget.instructions ?? 0
      return self.limit(
        "instructions", "it was stopped after \(limit) instructions, which is its limit", .int(limit), raise(kind, "--instructions"))
    default:
      let wall = budget.wall?.inMilliseconds ?? 0
      return limit("wall", "it was stopped after \(wall) ms, which is its limit", .int(wall), raise(kind, "--timeout"))
    }
  }

  private func limit(_ name: String, _ fact: String, _ value: JSON, _ hint: String) -> Problem {
    var details = details
    details["limit"] = .string(name)
    details["limit_value"] = value
    return Problem(.budget, "\(place): \(fact)", hint: hint, details: details)
  }

  private func raise(_ kind: ScriptKind, _ option: String) -> String {
    kind == .batch ? "Give it more with \(option)." : "Let it do less in one run."
  }

  private func bytes(_ count: Int) -> String {
    count >= 1 << 20 ? "\(count >> 20) MiB" : count >= 1 << 10 ? "\(count >> 10) KiB" : "\(count) bytes"
  }

  private var place: String {
    let name = script.version > 0 ? "\(script.name) (version \(script.version))" : script.name
    return line.map { "\(name), line \($0)" } ?? name
  }

  private var details: [String: JSON] {
    var details: [String: JSON] = ["script": .string(script.name), "version": .int(script.version)]
    if let line {
      details["line"] = .int(line)
      let lines = script.source.split(separator: "\n", maxSplits: max(line, 1), omittingEmptySubsequences: false)
      if line >= 1, line <= lines.count { details["source_line"] = .string(String(lines[line - 1].prefix(200))) }
    }
    if !traceback.isEmpty { details["traceback"] = .array(traceback.map(JSON.string)) }
    return details
  }
}

extension Problem {
  /// The same problem, said of a script.
  func named(_ script: Script) -> Problem {
    var problem = self
    problem.message = "\(script.name): \(message)"
    problem.details["script"] = .string(script.name)
    problem.details["version"] = .int(script.version)
    return problem
  }
}
