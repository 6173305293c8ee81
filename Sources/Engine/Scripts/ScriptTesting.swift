package import Basics
package import Scheduling
import Scripting

/// Runs the tests of scripts: `test("…", function(t) … end)`, each with globals, a store and a clock of its own.
package struct ScriptTesting {
  /// What became of one test.
  package struct Result: Sendable {
    package var name: String
    /// Nil when it passed.
    package var problem: Problem?
    package var seconds: Double
    /// What it printed and logged.
    package var log: [String]

    package init(name: String, problem: Problem?, seconds: Double, log: [String]) {
      self.name = name
      self.problem = problem
      self.seconds = seconds
      self.log = log
    }

    package var json: JSON {
      var row: JSONObject = ["name": .string(name), "status": .string(problem == nil ? "passed" : "failed"), "seconds": .double(seconds)]
      if let problem {
        row["message"] = .string(problem.message)
        row["hint"] = .optional(problem.hint)
        for key in ["line", "source_line", "traceback", "differences"] { row[key] = problem.details[key] }
      }
      if !log.isEmpty { row["log"] = .array(log.map(JSON.string)) }
      return .object(row)
    }
  }

  package struct Report: Sendable {
    package var results: [Result]
    package var failed: Int { results.count { $0.problem != nil } }
    package var passed: Int { results.count - failed }

    package init(results: [Result]) { self.results = results }

    package var json: JSONObject { ["passed": .int(passed), "failed": .int(failed), "tests": .array(results.map(\.json))] }
    /// As it is kept with a version: the counts, and what failed.
    package var brief: JSONObject {
      ["passed": .int(passed), "failed": .int(failed), "failures": .array(results.filter { $0.problem != nil }.prefix(10).map(\.json))]
    }
  }

  /// A file of tests has at most this many.
  private static let limit = 500

  private let tests: Script
  private let subject: String?
  private let scripts: [ScriptText]
  private let zones: Zones
  private let surroundings: Surroundings
  private let depth: Int

  /// `scripts` stand in each test's store; `subject` names the one that `t:run` runs. `surroundings` only measure how long it takes.
  package init(
    of subject: String?, tests: String, named name: String, version: Int = 0, among scripts: [ScriptText], zones: Zones, surroundings: Surroundings,
    depth: Int = 0
  ) {
    self.tests = Script(name: name, version: version, source: tests)
    self.subject = subject
    self.scripts = scripts
    self.zones = zones
    self.surroundings = surroundings
    self.depth = depth
  }

  /// Runs them all, in their order, on a script thread of its own. A text that fails outside of its tests is one failed test.
  package func run(cancellation: Cancellation? = nil) throws(Problem) -> Report {
    try ScriptThread.run { runAll(cancellation) }
  }

  private func runAll(_ cancellation: Cancellation?) -> Report {
    var names: [String] = []
    let survey = perform(nil, cancellation) { names.append($0) }
    if let problem = survey.problem {
      return Report(results: [Result(name: tests.name, problem: problem, seconds: survey.seconds, log: survey.log)])
    }
    guard names.count <= Self.limit else {
      let problem = Problem(.tooLarge, "\(tests.name) has \(names.count) tests, \(Self.limit) are allowed", hint: "Split it into several files")
      return Report(results: [Result(name: tests.name, problem: problem, seconds: 0, log: [])])
    }
    return Report(
      results: names.indices.map { index in
        var result = perform(index, cancellation) { _ in }
        result.name = names[index]
        return result
      })
  }

  /// One run of the text, in which the test of that number is run; none for nil. `heard` is told of every test.
  private func perform(_ chosen: Int?, _ cancellation: Cancellation?, _ heard: @escaping (String) -> Void) -> Result {
    let began = surroundings.ticks()
    let trial = Trial(subject: subject, scripts: scripts, zones: zones, chosen: chosen, depth: depth, heard: heard)
    let interpreter = Interpreter(memory: ScriptKind.test.budget.memory, random: { ManualClock.usualSeed })
    let run = interpreter.run(tests, kind: .test, budget: ScriptKind.test.budget, host: trial, cancellation: cancellation)
    var problem: Problem?
    switch run.outcome {
    case .returned: break
    case .failed(let failure), .killed(let failure):
      problem = failure
      if let lines = trial.differences { problem?.details["differences"] = .array(lines.map(JSON.string)) }
    }
    return Result(name: tests.name, problem: problem, seconds: (surroundings.ticks() - began).inSeconds, log: trial.log)
  }
}
