import Basics
import Engine
import Model

extension Command {
  private static let trigger = Positional("TRIGGER", .one, "Its id or its name")

  static let triggerList = Command(
    name: "trigger list", summary: "List the triggers and when they fire next",
    options: [
      Option("type", value: "TYPE", "Only cron, interval, event or conditional ones"),
      Option("status", value: "STATUS", "Only active, paused, disabled or failed ones"), Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee trigger list", "all of the default namespace"), Example("perigee trigger list --status failed", "those that gave up"),
      Example("perigee trigger list --namespace words --json", "for programs"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var body: JSONObject = ["limit": 1000]
      if let type = invocation.text("type") { body["trigger_type"] = .string(type) }
      if let status = invocation.text("status") { body["status"] = .string(status) }
      let answer = try connection.call("list_triggers", body: .object(body))
      let console = invocation.console
      if invocation.wantsJSON {
        console.print(answer)
        return .ok
      }
      let triggers = answer["results"]?.array ?? []
      var table = Table([
        .init("name", elastic: true), .init("type"), .init("action"), .init("status"), .init("next"), .init("runs", .right), .init("last"),
        .init("id"),
      ])
      let now = invocation.surroundings.now()
      for trigger in triggers {
        table.add(
          TriggerText.name(trigger), trigger["trigger_type"]?.string ?? "", trigger["action_type"]?.string ?? "", trigger["status"]?.string ?? "",
          TriggerText.next(trigger, now), "\(trigger["execution_count"]?.int ?? 0)", trigger["last_execution_status"]?.string ?? "–",
          trigger["trigger_id"]?.string ?? "")
      }
      table.print(to: console)
      if triggers.isEmpty { console.say("There are no triggers here. 'perigee demo' shows five at work.") }
      return .ok
    }
  }

  static let triggerShow = Command(
    name: "trigger show", summary: "Show a trigger: schedule, action, state",
    positionals: [trigger], options: [Option.store, Option.namespace],
    examples: [Example("perigee trigger show nightly", "by name"), Example("perigee trigger show trg_4fJk2 --json", "by id, for programs")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let trigger = try TriggerText.find(invocation.word(0) ?? "", connection)
      let console = invocation.console
      if invocation.wantsJSON { console.print(trigger) } else { TriggerText.show(trigger, invocation.surroundings.now(), on: console) }
      return .ok
    }
  }

  static let triggerExecute = Command(
    name: "trigger execute", summary: "Fire a trigger now, whatever its schedule",
    positionals: [Positional("TRIGGER", .optional, "Its id or its name; or say which with --where")],
    options: [Option("wait", "Wait until the task has ended"), whereOption, dryRun, Option.store, Option.namespace],
    examples: [
      Example("perigee trigger execute nightly --wait", "and see how it ends: 0 done, 1 failed, 7 a hook held it"),
      Example("perigee trigger execute nightly --json", "only queue it; prints the task"),
      Example("perigee trigger execute --where type=cron --dry-run", "which would be fired?"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      if invocation.has("where") || invocation.has("dry-run") {
        let code = try change("execute", "was fired", invocation, connection)
        // Without a server the host ends with this command, and the tasks would wait for the next one.
        if code == .ok, !invocation.has("dry-run"), let host = connection.host { try host.settle() }
        return code
      }
      guard invocation.word(0) != nil else {
        throw Problem(.invalid, "no trigger is named", hint: "For example: perigee trigger execute nightly --wait")
      }
      let found = try TriggerText.find(invocation.word(0) ?? "", connection)
      var task = try connection.call("execute_trigger_now", path: ["trigger_id": found["trigger_id"]?.string ?? ""])
      // Without a server the host ends with this command, and the task would wait for the next one.
      if invocation.has("wait") || connection.host != nil { task = try connection.wait(for: task["task_id"]?.string ?? "") }
      let status = task["status"]?.string.flatMap(TaskRecord.Status.init(rawValue:)) ?? .pending
      if invocation.wantsJSON {
        invocation.console.print(task)
      } else {
        invocation.console.print("\(task["task_id"]?.string ?? "")\t\(status.rawValue)")
        if let error = task["error"]?.string { invocation.console.say(error) }
      }
      return switch status {
      case .pending, .inProgress, .completed: .ok
      case .skipped: .held
      case .failed: .failed
      case .canceled: .interrupted
      }
    }
  }

  static let triggerWhy = Command(
    name: "trigger why", summary: "Tell why a trigger fired or did not",
    positionals: [trigger],
    options: [Option("at", value: "MOMENT", "Tell it for this moment (RFC 3339); without it for now"), Option.store, Option.namespace],
    examples: [
      Example("perigee trigger why nightly", "the reason, and the last decisions"),
      Example("perigee trigger why nightly --at 2026-01-06T03:12:00Z", "why not last Tuesday?"),
      Example("perigee trigger why nightly --json", "with the numbers compared"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let found = try TriggerText.find(invocation.word(0) ?? "", connection)
      let answer = try connection.call(
        "explain_trigger", path: ["trigger_id": found["trigger_id"]?.string ?? ""], query: try invocation.instant("at").map { ["at": .instant($0)] } ?? [:])
      let console = invocation.console
      if invocation.wantsJSON {
        console.print(answer)
        return .ok
      }
      console.print(answer["text"]?.string ?? "")
      let evaluations = answer["evaluations"]?.array ?? []
      if !evaluations.isEmpty {
        if console.out.isTerminal { console.print("") }
        var table = Table([.init("at"), .init("decision"), .init("times", .right), .init("reason"), .init("detail", elastic: true)])
        for evaluation in evaluations {
          table.add(
            evaluation["last_at"]?.string ?? "", evaluation["outcome"]?.string ?? "", "\(evaluation["count"]?.int ?? 1)",
            evaluation["reason"]?.string ?? "",
            TriggerText.detail(evaluation))
        }
        table.print(to: console)
      }
      return .ok
    }
  }
}
