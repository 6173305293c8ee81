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
      Option("dst-gap", value: "POLICY", "When clocks jump over the time: fire_after (the first moment after it) or skip"),
      Option("dst-fold", value: "POLICY", "When the time comes twice: first, last or both"),
      Option("explain", "Say it in words, with what the zone's clocks do to it"),
    ],
    examples: [
      Example("perigee next \"0 9 * * 1-5\"", "mornings of working days, in UTC"),
      Example("perigee next \"30 2 * * *\" --tz Europe/Paris -n 10", "with what daylight saving does to it"),
      Example("perigee next \"0 2 * * *\" --tz Australia/Lord_Howe --explain", "in words, with every note and warning"),
      Example("perigee next \"30 2 * * *\" --tz Europe/Paris --dst-gap skip", "not at all on the night when there is no 02:30"),
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
      count: try invocation.int("count", in: 1...CronPreview.most) ?? 5, zones: Zones(),
      policy: try DSTPolicy(dstGap: invocation.text("dst-gap"), dstFold: invocation.text("dst-fold")))
    if invocation.wantsJSON {
      invocation.console.print(preview.json)
    } else {
      if invocation.has("explain") { try explain(preview, now, on: invocation.console) } else { show(preview, now, on: invocation.console) }
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

  /// The whole story on standard output, for people and for logs.
  private static func explain(_ preview: CronPreview, _ now: Instant, on console: Console) throws(Problem) {
    console.print(console.out.styled(preview.text, .bold))
    let zone = try Zones().zone(preview.timezone)
    let from = preview.runs.first?.at ?? now
    let period = zone.period(at: from.seconds)
    console.print("Zone: \(preview.timezone), \(offset(period.offset))\(change(of: zone, after: period, from))")
    console.print("Clocks that go forward: \(preview.policy.gap.rawValue); clocks that go back: \(preview.policy.fold.rawValue)")
    for run in preview.runs {
      console.print("\(run.at)  \(run.local)  \(Format.distance(run.at, from: now))\(run.note.map { "  (\($0))" } ?? "")")
    }
    if preview.runs.isEmpty { console.print("It fires no more within a hundred years.") }
    for warning in preview.warnings { console.print("note: \(warning)") }
  }

  private static func change(of zone: Zone, after period: Zone.Period, _ from: Instant) -> String {
    let horizon = from.seconds + 2 * 31_556_952
    guard period.end < horizon else { return "; its clocks do not change within two years" }
    return " until \(Instant(seconds: period.end)), then \(offset(zone.offset(at: Instant(seconds: period.end))))"
  }

  /// `UTC+10:30`
  private static func offset(_ seconds: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let size = abs(seconds)
    return "UTC\(seconds < 0 ? "-" : "+")\(two(size / 3600)):\(two(size / 60 % 60))"
  }
}
