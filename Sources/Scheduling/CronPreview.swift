package import Basics

/// The next times of a cron expression, for people to check before they trust it: in UTC, on the clock of the zone, and in words.
package struct CronPreview: Sendable, Equatable {
  /// One occurrence.
  package struct Run: Sendable, Equatable {
    package var at: Instant
    /// RFC 3339 with the zone's offset at that moment.
    package var local: String
    /// What the clocks have to do with it, if anything.
    package var note: String?
  }

  package static let most = 1000

  package let expression: String
  package let timezone: String
  package let policy: DSTPolicy
  /// Ascending; fewer than asked for when no more come within a hundred years.
  package let runs: [Run]
  package let text: String
  package let warnings: [String]

  /// Throws `.invalid` at `cron_expression`, `timezone`, or at `count` outside 1 to 1000.
  package init(
    expression: String, timezone: String, after: Instant, count: Int, zones: Zones, policy: DSTPolicy = DSTPolicy()
  ) throws(Problem) {
    guard (1...Self.most).contains(count) else {
      throw Problem(.invalid, "count \(count) is outside 1 to \(Self.most)", hint: "Write e.g. 10.", path: "count")
    }
    let occurrences = Occurrences(try CronExpression(expression), in: try zones.zone(timezone), policy: policy)
    self.expression = occurrences.expression.text
    self.timezone = timezone
    self.policy = policy
    var runs: [Run] = []
    for instant in occurrences.after(after).prefix(count) {
      let note = occurrences.note(on: instant, since: runs.last?.at ?? after)
      runs.append(Run(at: instant, local: occurrences.zone.text(instant), note: note))
    }
    self.runs = runs
    text = ScheduleText.describe(occurrences.expression, in: timezone)
    warnings = occurrences.warnings(after: after)
  }

  /// `next` and `local` go side by side; `notes` name only the runs that need one.
  package var json: JSON {
    [
      "expression": .string(expression),
      "timezone": .string(timezone),
      "dst_gap": .string(policy.gap.rawValue),
      "dst_fold": .string(policy.fold.rawValue),
      "text": .string(text),
      "next": .array(runs.map { .instant($0.at) }),
      "local": .array(runs.map { .string($0.local) }),
      "notes": .array(runs.compactMap { run in run.note.map { ["at": .instant(run.at), "note": .string($0)] } }),
      "warnings": .array(warnings.map(JSON.string)),
    ]
  }
}
