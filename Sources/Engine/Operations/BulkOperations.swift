import Basics
import Model
import Store

/// The same change of many triggers: whom it means, what is done, and what became of each.
struct BulkChange {
  enum Action: String, CaseIterable { case pause, resume, execute, delete, export }

  private let action: Action
  private let note: String?
  private let until: Instant?
  private let isDryRun: Bool
  private let triggers: [Trigger]

  static let names = ["filter", "action", "note", "until", "dry_run"]
  static let filterNames = ["ids", "name", "action_type", "trigger_type", "status", "resource_id"]
  /// More than this in one request keeps the caller waiting too long.
  private static let limit = 10_000

  init(_ call: Call, host: Host) throws(Problem) {
    let fields = try Fields(call.body, accepting: Self.names)
    guard let action: Action = try fields.choice("action") else { throw fields.missing("action", example: "\"pause\"") }
    self.action = action
    note = try fields.string("note")
    until = try fields.instant("until")
    isDryRun = try fields.bool("dry_run") ?? false
    guard let filter = fields["filter"] else { throw fields.missing("filter", example: "{\"trigger_type\": \"cron\"}; {} means all") }
    if action == .execute, !call.caller.may(.execute) {
      throw Problem(.forbidden, "the key '\(call.caller.name)' does not allow 'execute'", hint: "Use one that does", path: "action")
    }
    triggers = try Self.select(Fields(filter, path: "filter", accepting: Self.filterNames), in: call.namespaceID(), host: host)
  }

  /// Deleted triggers are meant only when the filter asks for them.
  private static func select(_ fields: Fields, in namespaceID: String, host: Host) throws(Problem) -> [Trigger] {
    var query = TriggerQuery(
      namespaceID: namespaceID, actionType: try fields.choice("action_type"), triggerType: try fields.choice("trigger_type"),
      status: try fields.choice("status"),
      resourceID: try fields.string("resource_id"), sortBy: .createdAt, descending: false, limit: 1000)
    let ids = try fields.strings("ids").map { Set($0) }
    let name = try fields.string("name")
    var found: [Trigger] = []
    while true {
      let page = query
      let items = try host.read { reader throws(Problem) in try reader.triggers(page).items }
      found += items.filter { trigger in
        (query.status != nil || trigger.status != .disabled) && ids?.contains(trigger.id) ?? true
          && name.map { trigger.name.map(NamePattern($0).matches) ?? false } ?? true
      }
      guard found.count <= limit else {
        throw Problem(.tooLarge, "the filter means more than \(limit) triggers", hint: "Narrow it, e.g. by status or trigger_type", path: "filter")
      }
      guard items.count == query.limit else { break }
      query.offset += query.limit
    }
    if let missing = ids?.subtracting(found.map(\.id)).min() {
      throw Problem(
        .notFound, "trigger '\(missing)' does not exist, or another condition of the filter leaves it out", path: "filter.ids",
        didYouMean: Suggestion.nearest(to: missing, in: found.map(\.id)))
    }
    return found
  }

  func perform(_ host: Host, _ call: Call) throws(Problem) -> JSON {
    var answer: JSONObject = ["action": .string(action.rawValue), "dry_run": .bool(isDryRun), "matched": .int(triggers.count)]
    if action == .export {
      answer["triggers"] = .array(triggers.map(\.definition))
      return .object(answer)
    }
    var counts = ["changed": 0, "unchanged": 0, "failed": 0]
    var results: [JSON] = []
    for trigger in triggers {
      let (result, status, extra) = change(trigger, host, call)
      counts[result, default: 0] += 1
      var row: JSONObject = [
        "trigger_id": .string(trigger.id), "name": .optional(trigger.name), "trigger_type": .string(trigger.schedule.type.rawValue),
        "status_before": .string(trigger.status.rawValue), "status": .string(status.rawValue), "result": .string(result),
      ]
      for member in extra.members { row[member.key] = member.value }
      results.append(.object(row))
    }
    for name in ["changed", "unchanged", "failed"] { answer[name] = .int(counts[name] ?? 0) }
    answer["results"] = .array(results)
    return .object(answer)
  }

  /// One trigger by the operation that changes one: what it came to, the status after it, and what there is to say.
  private func change(_ trigger: Trigger, _ host: Host, _ call: Call) -> (result: String, status: Trigger.Status, extra: JSONObject) {
    let target: Trigger.Status =
      switch action {
      case .pause: .paused
      case .resume: .active
      case .delete: .disabled
      case .execute, .export: trigger.status
      }
    if trigger.status == target, action != .execute { return ("unchanged", target, [:]) }
    if trigger.status == .disabled { return ("failed", trigger.status, ["error": "the trigger was deleted"]) }
    if isDryRun { return ("changed", target, [:]) }
    let operation = action == .execute ? "execute_trigger_now" : "\(action.rawValue)_trigger"
    var one = call
    one.path = ["trigger_id": trigger.id]
    if action == .pause {
      var why = JSONObject()
      if let note { why["note"] = .string(note) }
      if let until { why["until"] = .instant(until) }
      one.body = .object(why)
    } else {
      one.body = [:]
    }
    do throws(Problem) {
      guard let found = Operation.named(operation) else { throw Problem(.internal, "there is no operation '\(operation)'") }
      let task = try found.perform(host, one).json?["task_id"]
      return ("changed", target, task.map { ["task_id": $0] } ?? [:])
    } catch {
      return ("failed", trigger.status, ["error": .string(error.description)])
    }
  }
}

/// A name in which `*` stands for anything.
struct NamePattern {
  private let parts: [Substring]

  init(_ text: String) { parts = text.split(separator: "*", omittingEmptySubsequences: false) }

  func matches(_ name: String) -> Bool {
    guard let first = parts.first, let last = parts.last, name.hasPrefix(first) else { return false }
    if parts.count == 1 { return name == first }
    var rest = name.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let end = rest.endOfFirst(part) else { return false }
      rest = rest[end...]
    }
    return rest.hasSuffix(last)
  }
}

extension Substring {
  /// Where the first occurrence of a text ends.
  fileprivate func endOfFirst(_ text: Substring) -> Index? {
    var start = startIndex
    while true {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      if start == endIndex { return nil }
      formIndex(after: &start)
    }
  }
}

extension Trigger {
  /// What `POST /v1/triggers` needs to make the same trigger again.
  var definition: JSON {
    [
      "name": .optional(name), "description": .optional(description), "action_type": .string(action.kind.rawValue),
      "action_config": .object(action.config),
      "trigger_type": .string(schedule.type.rawValue), "schedule_config": .object(schedule.json),
      "status": .string(status == .active ? "active" : "paused"),
    ]
  }
}

extension Operation {
  static let bulkOperations: [Operation] = [
    Operation(
      "bulk_triggers", "POST", "/v1/triggers/bulk", "Pause, resume, execute, delete or export many triggers", tag: "Triggers", scope: .write,
      body: BulkChange.names
    ) { host, call throws(Problem) in .json(try BulkChange(call, host: host).perform(host, call)) }
  ]
}
