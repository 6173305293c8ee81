import Basics
import Scheduling

extension Command {
  static let next = Command(
    name: "next", summary: "Show when a cron expression fires",
    positionals: [Positional("EXPRESSION", .rest, "Five or six cron fields, quoted: \"minute hour day month weekday\"")],
    options: [
      Option("tz", value: "ZONE", "Time zone of the expression; without it UTC"),
      Option("after", value: "MOMENT", "Count from this moment (RFC 3339); without it from now"),
      Option("count", letter: "n", value: "N", "How many moments; without it 5"),
    ],
    examples: [
      Example("perigee next \"0 9 * * 1-5\"", "mornings of working days, in UTC"),
      Example("perigee next \"30 2 * * *\" --tz Europe/Paris -n 10", "with what daylight saving does to it"),
      Example("perigee next \"0 0 L * *\" --after 2025-01-01T00:00:00Z --json", "last days of months, for programs"),
    ]
  ) { invocation throws(Problem) in
    let expression = invocation.words.joined(separator: " ")
    if expression.isEmpty {
      throw Problem(.invalid, "the expression is missing", hint: "For example: perigee next \"0 2 * * *\"", path: "cron_expression")
    }
    let now = invocation.surroundings.now()
    let preview = try CronPreview(
      expression: expression, timezone: invocation.text("tz") ?? "UTC", after: try invocation.instant("after") ?? now,
      count: try invocation.int("count", in: 1...CronPreview.most) ?? 5, zones: Zones())
    if invocation.wantsJSON {
      invocation.console.print(preview.json)
    } else {
      show(preview, now, on: invocation.console)
    }
    return .ok
  }

  private static func show(_ preview: CronPreview, _ now: Instant, on console: Console) {
    if console.out.isTerminal { console.print(console.out.styled(preview.text, .bold)) }
    let isUTC = preview.timezone == "UTC"
    let columns = isUTC ? ["UTC", "from now"] : ["UTC", preview.timezone, "from now"]
    var table = Table(columns.map { .init($0) } + [.init("", elastic: true)])
    for run in preview.runs {
      var cells = [run.at.description]
      if !isUTC { cells.append(run.local) }
      table.add(cells + [Format.distance(run.at, from: now), run.note ?? ""])
    }
    table.print(to: console)
    if preview.runs.isEmpty { console.say("It fires no more within a hundred years.") }
    for warning in preview.warnings { console.say("\(console.err.styled("note:", .yellow)) \(warning)") }
  }
}
