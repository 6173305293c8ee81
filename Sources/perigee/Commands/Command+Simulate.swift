import Basics

extension Command {
  static let triggerSimulate = Command(
    name: "trigger simulate", summary: "Tell when a trigger would have fired in the past",
    positionals: [Positional("TRIGGER", .optional, "Its id or its name; or give --definition")],
    options: [
      Option("changes", value: "JSON", "Schedule fields laid over the trigger's own, e.g. '{\"event_threshold\": 50}'"),
      Option("definition", value: "JSON", "A whole trigger that does not exist yet"),
      Option("from", value: "MOMENT", "Begin here (RFC 3339); without it a week before the end"),
      Option("to", value: "MOMENT", "End before this; without it now"), Option("limit", value: "N", "Show at most so many fires; without it 20"),
      Option.store,
      Option.namespace,
    ],
    examples: [
      Example("perigee trigger simulate nightly --from 2026-01-01", "does it do what it did?"),
      Example("perigee trigger simulate ingest --changes '{\"event_threshold\": 50}'", "and how often with half of it?"),
      Example("perigee trigger simulate ingest --json", "every number, for programs"),
    ],
    notes: """
      The trigger runs over the recorded events and measurements under a clock of its own, with the very rules that
      run live. Nothing is written and no action is started; scripts can only read.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var body: JSONObject = ["limit": .int(try invocation.int("limit", in: 0...10_000) ?? 20)]
      if let name = invocation.word(0) { body["trigger_id"] = try TriggerText.find(name, connection)["trigger_id"] }
      if let definition = try invocation.object("definition") { body["trigger"] = definition }
      if body["trigger_id"] == nil, body["trigger"] == nil {
        throw Problem(.invalid, "no trigger is named", hint: "For example: perigee trigger simulate nightly --from 2026-01-01")
      }
      if let changes = try invocation.object("changes") { body["changes"] = ["schedule_config": changes] }
      if let from = try invocation.instant("from") { body["from"] = .instant(from) }
      if let to = try invocation.instant("to") { body["to"] = .instant(to) }
      let answer = try connection.call("simulate_trigger", body: .object(body))
      if invocation.wantsJSON { invocation.console.print(answer) } else { show(answer, on: invocation.console) }
      return .ok
    }
  }

  private static func show(_ answer: JSON, on console: Console) {
    func number(_ json: JSON?) -> String { Format.count(json?.int ?? 0) }
    console.say("\(answer["schedule_text"]?.string ?? ""), \(answer["from"]?.string ?? "") to \(answer["through"]?.string ?? "")")
    var table = Table([.init("fires"), .init("reason"), .init("events", .right), .init("detail", elastic: true)])
    for fire in answer["fires"]?.array ?? [] {
      table.add(fire["scheduled_at"]?.string ?? "", fire["reason"]?.string ?? "", fire["events"].map(number) ?? "", TriggerText.detail(fire))
    }
    table.print(to: console)
    let (shown, total) = (answer["fires"]?.array?.count ?? 0, answer["fire_count"]?.int ?? 0)
    if total > shown { console.say("and \(Format.count(total - Int64(shown))) more; --limit shows them") }
    for decision in answer["decisions"]?.array ?? [] {
      console.say(
        "\(number(decision["count"])) × \(decision["outcome"]?.string ?? ""), \(decision["reason"]?.string ?? ""); the last: \(decision["text"]?.string ?? "")"
      )
    }
    var line = "would have fired \(Format.count(total)) times"
    if let difference = answer["difference"] {
      line +=
        ", really fired \(number(answer["actual"]?["fire_count"])) times: \(number(difference["same"])) the same, \(number(difference["added_count"])) added, "
        + "\(number(difference["missing_count"])) missing"
    }
    console.say(line)
    if let end = answer["truncated"]?.string { console.say("stopped at \(answer["through"]?.string ?? ""): \(end)") }
    for note in answer["notes"]?.array ?? [] { console.say("\(console.err.styled("note:", .yellow)) \(note.string ?? "")") }
  }
}
