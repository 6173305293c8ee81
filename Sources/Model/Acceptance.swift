package import Basics

/// What a scheduled execution of a retriever has to reach, as a trigger's `acceptance` says it; a breach makes the run a failure.
package struct Acceptance: Sendable, Equatable {
  package var maxTotalMilliseconds: Double?
  package var maxStageBreaches: Int64?
  package var minResults: Int64?
  /// The path to a verdict in each result.
  package var judgeField: String?
  package var minPassRatio: Double?

  package static let names = ["max_total_time_ms", "max_stage_latency_breaches", "min_results", "judge_field", "min_pass_ratio"]

  /// Nil when nothing is asked for.
  package init?(_ json: JSON?, path: String) throws(Problem) {
    guard let json, json != .null else { return nil }
    let fields = try Fields(json, path: path, accepting: Self.names)
    maxTotalMilliseconds = try fields.number("max_total_time_ms", in: 0 ... .greatestFiniteMagnitude)
    maxStageBreaches = try fields.int("max_stage_latency_breaches", in: 0 ... .max)
    minResults = try fields.int("min_results", in: 0 ... .max)
    judgeField = try fields.string("judge_field")
    minPassRatio = try fields.number("min_pass_ratio", in: 0...1)
    if minPassRatio != nil, judgeField == nil { throw fields.missing("judge_field", example: "\"verdict.relevant\"") }
  }

  /// What one execution came to.
  package struct Verdict: Sendable, Equatable {
    package var passed: Bool
    package var breaches: [String]
    package var json: JSON
  }

  /// Judges an execution: its results as the API shows them, its time, and how many stages took longer than they may.
  package func verdict(results: [JSONObject], count: Int, milliseconds: Double, stageBreaches: Int) -> Verdict {
    var breaches: [String] = []
    var observed: JSONObject = [
      "total_time_ms": .double(milliseconds), "results": .int(count), "stage_latency_breaches": .int(stageBreaches),
    ]
    if let most = maxTotalMilliseconds, milliseconds > most { breaches.append("it took \(milliseconds) ms, more than \(most)") }
    if let most = maxStageBreaches, Int64(stageBreaches) > most {
      breaches.append("\(stageBreaches) stages took longer than they may, more than \(most)")
    }
    if let fewest = minResults, Int64(count) < fewest { breaches.append("it found \(count) documents, fewer than \(fewest)") }
    if let judgeField {
      let passing = results.count { Self.isTrue($0.value(at: judgeField)) }
      let ratio = results.isEmpty ? 0 : Double(passing) / Double(results.count)
      observed["passing"] = .int(passing)
      observed["pass_ratio"] = .double(ratio)
      if let least = minPassRatio, ratio < least {
        breaches.append("\(passing) of \(results.count) documents have a true '\(judgeField)', less than the share \(least)")
      }
    }
    return Verdict(
      passed: breaches.isEmpty, breaches: breaches,
      json: ["passed": .bool(breaches.isEmpty), "breaches": .array(breaches.map(JSON.string)), "observed": .object(observed)])
  }

  /// What counts as a yes: anything but nothing, false, zero, and what is empty.
  private static func isTrue(_ value: JSON?) -> Bool {
    switch value {
    case nil, .null?, .bool(false)?, .int(0)?: false
    case .double(let number)?: number != 0
    case .string(let text)?: !text.isEmpty
    case .array(let items)?: !items.isEmpty
    case .object(let object)?: !object.isEmpty
    default: true
    }
  }
}
