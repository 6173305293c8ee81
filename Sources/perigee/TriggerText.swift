import Basics
import Model

/// Triggers and evaluations as people read them, from the API's JSON: the same whether a server answered or the store did.
enum TriggerText {
  /// A trigger by id, or by a name that only one has.
  static func find(_ identifier: String, _ connection: Connection) throws(Problem) -> JSON {
    do throws(Problem) {
      return try connection.call("get_trigger", path: ["trigger_id": identifier])
    } catch {
      guard error.kind == .notFound else { throw error }
    }
    let all = try connection.call("list_triggers", body: ["limit": 1000])["results"]?.array ?? []
    let matches = all.filter { $0["name"]?.string == identifier }
    if matches.count > 1 {
      throw Problem(
        .conflict, "\(matches.count) triggers are called '\(identifier)'",
        hint: "Give an id: \(matches.compactMap { $0["trigger_id"]?.string }.joined(separator: ", "))")
    }
    guard let match = matches.first else {
      throw Problem(
        .notFound, "there is no trigger '\(identifier)' in namespace '\(connection.namespace)'", hint: "perigee trigger list shows them",
        didYouMean: Suggestion.nearest(to: identifier, in: all.compactMap { $0["name"]?.string }))
    }
    return match
  }

  static func name(_ trigger: JSON) -> String { trigger["name"]?.string ?? trigger["trigger_id"]?.string ?? "?" }

  /// When it fires or checks next: `in 2h 05m`, `60 of 300 events`, `–`.
  static func next(_ trigger: JSON, _ now: Instant) -> String {
    guard trigger["status"]?.string == Trigger.Status.active.rawValue else { return "–" }
    if trigger["trigger_type"]?.string == TriggerType.event.rawValue {
      return "\(trigger["event_counter"]?.int ?? 0) of \(trigger["schedule_config"]?["event_threshold"]?.int ?? 1) events"
    }
    guard let text = trigger["next_scheduled_at"]?.string, let instant = Instant(text) else { return "–" }
    return instant > now ? Format.distance(instant, from: now) : "due"
  }

  static func schedule(_ trigger: JSON) -> String { trigger["schedule_text"]?.string ?? "" }

  static func show(_ trigger: JSON, _ now: Instant, on console: Console) {
    var rows: [(String, String)] = [
      ("name", name(trigger)), ("id", trigger["trigger_id"]?.string ?? ""), ("status", trigger["status"]?.string ?? ""),
      ("type", trigger["trigger_type"]?.string ?? ""), ("schedule", schedule(trigger)), ("next", next(trigger, now)),
      ("action", trigger["action_type"]?.string ?? ""), ("configuration", trigger["action_config"]?.text ?? ""),
      ("runs", "\(trigger["execution_count"]?.int ?? 0)"),
    ]
    if let description = trigger["description"]?.string { rows.insert(("description", description), at: 1) }
    if let at = trigger["last_triggered_at"]?.string {
      rows.append(("last fired", "\(at) (\(trigger["last_execution_status"]?.string ?? "running"))"))
    }
    if let error = trigger["last_execution_error"]?.string { rows.append(("last error", error)) }
    if let failures = trigger["consecutive_failures"]?.int, failures > 0 { rows.append(("failures in a row", "\(failures)")) }
    for key in ["last_drift_measurement", "last_volume_measurement"] {
      if let measured = trigger[key]?.object, !measured.isEmpty { rows.append((key.dropSuffixed, JSON.object(measured).text)) }
    }
    for (name, word) in [("next_fires", "fires"), ("next_checks", "checks")] {
      let local = trigger["\(name)_local"]?.array?.compactMap(\.string) ?? []
      for (at, there) in zip((trigger[name]?.array ?? []).compactMap(\.string), local) {
        rows.append((word, there.hasSuffix("+00:00") ? at : "\(at) = \(there)"))
      }
    }
    for warning in (trigger["warnings"]?.array ?? []).compactMap(\.string) { rows.append(("note", warning)) }
    let width = rows.map { $0.0.columnCount }.max() ?? 0
    for (label, value) in rows {
      if console.out.isTerminal {
        console.print("\(console.out.styled(label, .dim))\(String(repeating: " ", count: width - label.columnCount))  \(printable(value))")
      } else {
        console.print("\(label)\t\(printable(value))")
      }
    }
  }

  /// The numbers and words that a decision rested on, in a line.
  static func detail(_ evaluation: JSON) -> String {
    guard let detail = evaluation["detail"]?.object else { return "" }
    var parts: [String] = []
    for member in detail.members where !["cost", "definition", "replay"].contains(member.key) {
      switch member.value {
      case .double(let number): parts.append("\(member.key) \(Format.number(number))")
      case .array(let lines): parts.append("\(member.key): \(lines.map { $0.string ?? $0.text }.joined(separator: "; "))")
      case .object(let object): parts.append("\(member.key) \(JSON.object(object).text)")
      default: parts.append("\(member.key) \(member.value.string ?? member.value.text)")
      }
    }
    return parts.joined(separator: ", ")
  }
}

extension String {
  /// `last_drift_measurement` as a label: `last drift`.
  fileprivate var dropSuffixed: String { split(separator: "_").dropLast().joined(separator: " ") }
}
