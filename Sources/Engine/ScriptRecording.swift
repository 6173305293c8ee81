import Basics
import Model

/// What one run of a predicate was given, so that it can be run again: its context and state, the seed of its dice, and what the host answered
/// to each of its calls.
struct ScriptRecording {
  /// One call and its answer, or the problem that was its answer.
  struct Call {
    var name: String
    var arguments: JSON
    var answer: JSON
    var problem: Problem?

    var json: JSON {
      var row: JSONObject = ["call": .string(name), "arguments": arguments]
      if let problem {
        row["problem"] = [
          "kind": .string(problem.kind.rawValue), "message": .string(problem.message), "hint": .optional(problem.hint),
          "path": .optional(problem.path),
          "did_you_mean": .optional(problem.didYouMean),
        ]
      } else {
        row["answer"] = answer
      }
      return .object(row)
    }

    init(name: String, arguments: JSON, answer: JSON = .null, problem: Problem? = nil) {
      self.name = name
      self.arguments = arguments
      self.answer = answer
      self.problem = problem
    }

    init(_ json: JSON) {
      name = json["call"]?.string ?? ""
      arguments = json["arguments"] ?? []
      answer = json["answer"] ?? .null
      problem = json["problem"].map {
        Problem(
          $0["kind"]?.string.flatMap(Problem.Kind.init(rawValue:)) ?? .internal, $0["message"]?.string ?? "", hint: $0["hint"]?.string,
          path: $0["path"]?.string, didYouMean: $0["did_you_mean"]?.string)
      }
    }

    func replayed() throws(Problem) -> JSON {
      if let problem { throw problem }
      return answer
    }
  }

  var context = JSONObject()
  var state: JSON = [:]
  var seed: UInt64 = 0
  /// The versions of the modules that were required.
  var modules: [String: Int64] = [:]
  private(set) var calls: [Call] = []
  /// False when the answers were more than is kept.
  private(set) var isComplete = true
  private var bytes = 0

  private static let limit = 8 * 1024
  /// Parts of `ctx.trigger` that are the definition, which the evaluation names by its fingerprint.
  private static let defined = ["schedule_config", "action_config"]

  init() {}

  mutating func add(_ call: Call) {
    guard isComplete else { return }
    bytes += call.arguments.bytes.count + call.answer.bytes.count + 40
    if bytes > Self.limit {
      isComplete = false
      calls = []
    } else {
      calls.append(call)
    }
  }

  var json: JSON {
    var slim = context
    if var trigger = slim["trigger"]?.object {
      for key in Self.defined { trigger[key] = nil }
      slim["trigger"] = .object(trigger)
    }
    var result: JSONObject = [
      "context": .object(slim), "state": state, "seed": .string("\(seed)"), "calls": isComplete ? .array(calls.map(\.json)) : .null,
    ]
    if !modules.isEmpty {
      result["modules"] = .object(JSONObject(members: modules.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .int($0.value)) }))
    }
    return .object(result)
  }

  /// Reads what `json` wrote, and puts the definition back where it was.
  init?(_ json: JSON?, of trigger: Trigger) {
    guard let json, let context = json["context"]?.object, let seed = json["seed"]?.string.flatMap({ UInt64($0) }) else { return nil }
    self.context = context
    self.seed = seed
    state = json["state"] ?? [:]
    for member in json["modules"]?.object?.members ?? [] { modules[member.key] = member.value.int }
    isComplete = json["calls"]?.array != nil
    calls = json["calls"]?.array?.map(Call.init) ?? []
    if let seen = context["trigger"]?.object {
      // In the order in which a trigger is written, so that a script that goes through all of it sees the same.
      var whole = JSONObject()
      for member in trigger.json(at: Instant(milliseconds: 0)).object?.members ?? [] {
        whole[member.key] = Self.defined.contains(member.key) ? member.value : seen[member.key] ?? member.value
      }
      self.context["trigger"] = .object(whole)
    }
  }
}

extension Schedule {
  /// Tells one definition from another in an evaluation: FNV-1a, 64 bits, of its JSON text.
  ///
  /// Fowler, Noll, Vo; RFC 9923. Not for secrets: it is only to notice that a trigger was edited since.
  var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in JSON.object(json).bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
