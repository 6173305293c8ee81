import Basics

extension Command {
  static let maintenance = Command(
    name: "maintenance", summary: "Hold every trigger for a while, as it is",
    positionals: [Positional("STATE", .optional, "on or off; without it the present state is shown")],
    options: [
      Option("until", value: "MOMENT", "When it ends by itself (RFC 3339)"), Option("for", value: "TIME", "How long it lasts: 30m, 2h"),
      Option("note", value: "TEXT", "Why; 'perigee trigger why' tells it"), Option.store,
    ],
    examples: [
      Example("perigee maintenance on --for 2h --note \"moving the disk\"", "nothing fires for two hours"),
      Example("perigee maintenance off", "go on"),
      Example("perigee maintenance", "is it on?"),
    ],
    notes: """
      In maintenance no trigger fires and no condition is checked. Events are still counted, and every trigger keeps
      its state; what became due comes when maintenance ends, as each trigger's catch_up says. Work that people start
      themselves, and tasks that run already, are not held. It outlives a restart.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let console = invocation.console
      let answer: JSON
      switch invocation.word(0) {
      case nil: answer = try connection.call("get_maintenance")
      case "on":
        var until = try invocation.instant("until")
        if let length = try invocation.duration("for") { until = invocation.surroundings.now() + length }
        answer = try connection.call(
          "set_maintenance", body: ["enabled": true, "until": .optional(until), "note": .optional(invocation.text("note"))])
      case "off": answer = try connection.call("set_maintenance", body: ["enabled": false])
      case let word?:
        throw Problem(
          .invalid, "maintenance is 'on' or 'off', not '\(word)'", hint: "For example: perigee maintenance on --for 2h",
          didYouMean: Suggestion.nearest(to: word, in: ["on", "off"]))
      }
      if invocation.wantsJSON {
        console.print(answer)
      } else if answer["enabled"] == true {
        let end = answer["until"]?.string.map { " until \($0)" } ?? ", until it is switched off"
        console.print("on\(end)\(answer["note"]?.string.map { ": \($0)" } ?? "")")
      } else {
        console.print("off")
      }
      return .ok
    }
  }
}
