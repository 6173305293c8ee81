import Basics
import Glibc

extension Command {
  private static let some = Positional("TRIGGER", .optional, "Its id or its name; or say which with --where")
  static let whereOption = Option(
    "where", value: "FILTER", "All that match: type=cron,status=active,action=cluster,resource=ID,name=nightly*; 'all' means all")
  static let dryRun = Option("dry-run", "Only show what would change")
  private static let yes = Option("yes", letter: "y", "Do not ask")

  static let triggerPause = changing(
    "pause", "Stop triggers from firing; they keep their definition", done: "fires no more until it is resumed",
    options: [
      Option("note", value: "TEXT", "Why; 'perigee trigger why' tells it"), Option("until", value: "MOMENT", "When it ends by itself (RFC 3339)"),
      Option("for", value: "TIME", "How long it lasts: 30m, 2h"),
    ],
    examples: [
      Example("perigee trigger pause nightly --for 2h", "it resumes by itself"),
      Example("perigee trigger pause nightly --note \"until the disk is moved\"", "one, by name"),
      Example("perigee trigger pause --where type=cron,status=active --dry-run", "what would change?"),
      Example("perigee trigger pause --where name=nightly*", "all of that name"),
    ])
  static let triggerResume = changing(
    "resume", "Let paused or failed triggers fire again", done: "is active",
    examples: [
      Example("perigee trigger resume nightly", "one, by name"), Example("perigee trigger resume --where status=failed", "all that gave up"),
    ])
  static let triggerDelete = changing(
    "delete", "Retire triggers for good", done: "is deleted", options: [yes],
    examples: [
      Example("perigee trigger delete nightly --yes", "one, without being asked"),
      Example("perigee trigger delete --where name=test-* --dry-run", "what would go?"),
    ])

  static let triggerExport = Command(
    name: "trigger export", summary: "Write triggers as definitions that can be made again",
    positionals: [some], options: [whereOption, Option.store, Option.namespace],
    examples: [
      Example("perigee trigger export --where all > triggers.ndjson", "one definition a line"),
      Example("perigee trigger export nightly", "one, by name"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("bulk_triggers", body: ["filter": .object(try filter(invocation, connection)), "action": "export"])
      let definitions = answer["triggers"]?.array ?? []
      if invocation.wantsJSON {
        invocation.console.print(.array(definitions))
      } else {
        for definition in definitions { invocation.console.print(definition.text) }
      }
      return .ok
    }
  }

  private static func changing(_ verb: String, _ summary: String, done: String, options: [Option] = [], examples: [Example]) -> Command {
    Command(
      name: "trigger \(verb)", summary: summary, positionals: [some], options: [whereOption, dryRun] + options + [Option.store, Option.namespace],
      examples: examples
    ) { invocation throws(Problem) in
      try Connection.with(invocation) { connection throws(Problem) in try change(verb, done, invocation, connection) }
    }
  }

  /// Changes what the words mean; shows each trigger that was, or would be.
  static func change(_ verb: String, _ done: String, _ invocation: Invocation, _ connection: Connection) throws(Problem) -> ExitCode {
    let console = invocation.console
    var body: JSONObject = ["filter": .object(try filter(invocation, connection)), "action": .string(verb)]
    if let note = invocation.text("note") { body["note"] = .string(note) }
    if let until = try invocation.instant("until") { body["until"] = .instant(until) }
    if let length = try invocation.duration("for") { body["until"] = .instant(invocation.surroundings.now() + length) }
    body["dry_run"] = true
    var answer = try connection.call("bulk_triggers", body: .object(body))
    let number = Int(answer["changed"]?.int ?? 0)
    if !invocation.has("dry-run"), number > 0 {
      if verb == "delete", !invocation.has("yes") { try confirm("Delete \(Format.count(number, "trigger"))?", invocation) }
      body["dry_run"] = false
      answer = try connection.call("bulk_triggers", body: .object(body))
    }
    // One that was named is shown as it is now.
    if !invocation.has("where"), !invocation.has("dry-run"), answer["failed"] == 0, let id = answer["results"]?.array?.first?["trigger_id"]?.string {
      let trigger = try connection.call("get_trigger", path: ["trigger_id": id])
      if invocation.wantsJSON {
        console.print(trigger)
      } else {
        if let until = trigger["paused_until"]?.string {
          console.say("\(TriggerText.name(trigger)) fires no more until \(until)")
          return .ok
        }
        let next = verb == "delete" ? "" : "; next: \(TriggerText.next(trigger, invocation.surroundings.now()))"
        console.say("\(TriggerText.name(trigger)) \(done)\(next)")
      }
      return .ok
    }
    if invocation.wantsJSON {
      console.print(answer)
    } else {
      var table = Table([.init("name", elastic: true), .init("type"), .init("before"), .init("after"), .init("result"), .init("id")])
      for row in answer["results"]?.array ?? [] {
        let result = row["error"]?.string ?? (row["result"] == "changed" && invocation.has("dry-run") ? "would change" : row["result"]?.string ?? "")
        table.add(
          TriggerText.name(row), row["trigger_type"]?.string ?? "", row["status_before"]?.string ?? "", row["status"]?.string ?? "", result,
          row["trigger_id"]?.string ?? "")
      }
      table.print(to: console)
      let words = invocation.has("dry-run") ? "would change" : "changed"
      console.say("\(Format.count(answer["matched"]?.int ?? 0)) matched, \(Format.count(answer["changed"]?.int ?? 0)) \(words)")
    }
    return (answer["failed"]?.int ?? 0) > 0 ? .failed : .ok
  }

  /// `type=cron,status=active` in the API's words; or the one trigger that is named.
  private static func filter(_ invocation: Invocation, _ connection: Connection) throws(Problem) -> JSONObject {
    guard let text = invocation.text("where") else {
      guard let name = invocation.word(0) else {
        throw Problem(.invalid, "no trigger is named", hint: "Give an id or a name, or --where type=cron; --where all means all")
      }
      let found = try TriggerText.find(name, connection)
      var filter: JSONObject = ["ids": [found["trigger_id"] ?? .null]]
      // Deleted ones are found only by their status.
      if found["status"] == "disabled" { filter["status"] = "disabled" }
      return filter
    }
    if invocation.word(0) != nil { throw Problem(.invalid, "a trigger and --where are both given", hint: "Give one of them", path: "--where") }
    return try filter(text)
  }

  static func filter(_ text: String) throws(Problem) -> JSONObject {
    let names = ["type": "trigger_type", "status": "status", "action": "action_type", "resource": "resource_id", "name": "name"]
    var filter = JSONObject()
    if text == "all" { return filter }
    for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let equals = piece.firstIndex(of: "=") else {
        throw Problem(.invalid, "'\(piece)' is not a condition", hint: "For example --where type=cron,status=active", path: "--where")
      }
      let key = String(piece[..<equals])
      guard let name = names[key] else {
        throw Problem(
          .invalid, "triggers cannot be chosen by '\(key)'", hint: "By: \(names.keys.sorted().joined(separator: ", "))", path: "--where",
          didYouMean: Suggestion.nearest(to: key, in: names.keys.sorted()))
      }
      filter[name] = .string(String(piece[piece.index(after: equals)...]))
    }
    return filter
  }

  /// Asks on a terminal; a script has to say so beforehand.
  private static func confirm(_ question: String, _ invocation: Invocation) throws(Problem) {
    guard isatty(0) == 1 else {
      throw Problem(.invalid, "this cannot be undone, and there is nobody to ask", hint: "Look first with --dry-run, then give --yes", path: "--yes")
    }
    invocation.console.err.write(Array("\(question) [y/N] ".utf8))
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { throw Problem(.cancelled, "nothing was changed") }
  }
}
