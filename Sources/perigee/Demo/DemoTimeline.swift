import Basics

/// What the triggers decide, told as it happens: each decision once, equal holds as a count at the end.
struct DemoTimeline {
  private struct Tally {
    var fired = 0
    var held: Int64 = 0
    var failed = 0
    var reason = ""
  }

  private let console: Console
  private let start: Instant
  private var told: Set<String> = []
  /// The names of the triggers that have fired, and of those that were asked and have not.
  private(set) var fired: Set<String> = []
  private(set) var held: Set<String> = []
  private var tallies: [String: Tally] = [:]
  private let names: [String: String]

  /// `names` by trigger id.
  init(_ names: [String: String], start: Instant, on console: Console) {
    self.names = names
    self.start = start
    self.console = console
  }

  /// Asks for what is new and prints it in the order in which it happened.
  mutating func look(_ connection: Connection) throws(Problem) {
    var news: [(at: String, line: String)] = []
    tallies = [:]
    for (id, name) in names.sorted(by: { $0.value < $1.value }) {
      let evaluations = try connection.call("list_trigger_evaluations", path: ["trigger_id": id], query: ["limit": 200])["results"]?.array ?? []
      for evaluation in evaluations.reversed() {
        let outcome = evaluation["outcome"]?.string ?? ""
        count(evaluation, outcome, of: name)
        guard let key = evaluation["evaluation_id"]?.string, told.insert(key).inserted else { continue }
        if outcome == "fired" { fired.insert(name) }
        if outcome == "held" { held.insert(name) }
        news.append((evaluation["first_at"]?.string ?? "", line(name, outcome, evaluation)))
      }
    }
    for item in news.sorted(by: { $0.at < $1.at }) { console.print(item.line) }
  }

  private mutating func count(_ evaluation: JSON, _ outcome: String, of name: String) {
    let count = evaluation["count"]?.int ?? 1
    var tally = tallies[name] ?? Tally()
    switch outcome {
    case "fired": tally.fired += Int(count)
    case "failed": tally.failed += Int(count)
    default:
      tally.held += count
      tally.reason = evaluation["reason"]?.string ?? ""
    }
    tallies[name] = tally
  }

  private func line(_ name: String, _ outcome: String, _ evaluation: JSON) -> String {
    let out = console.out
    let at = evaluation["first_at"]?.string.flatMap { Instant($0) } ?? start
    let word =
      switch outcome {
      case "fired": out.styled("fired", .green, .bold)
      case "failed": out.styled("failed", .red, .bold)
      default: out.styled(outcome, .yellow)
      }
    let padding = String(repeating: " ", count: max(0, 7 - outcome.count))
    let title = name + String(repeating: " ", count: max(0, 22 - name.count))
    return "  \(out.styled("+" + Self.seconds(at - start), .dim))  \(title) \(word)\(padding) \(Self.reason(evaluation))"
  }

  /// The reason with the numbers that were compared.
  private static func reason(_ evaluation: JSON) -> String {
    let reason = evaluation["reason"]?.string ?? ""
    let compared = evaluation["detail"]?["compared"]?.string ?? "value"
    guard let value = evaluation["detail"]?[compared]?.double, let threshold = evaluation["detail"]?["threshold"]?.double else { return reason }
    return "\(reason) (\(Format.fixed(value, 3)) against \(Format.fixed(threshold, 2)))"
  }

  private static func seconds(_ duration: Duration) -> String {
    let text = Format.fixed(max(0, duration.inSeconds), 1) + " s"
    return String(repeating: " ", count: max(0, 6 - text.count)) + text
  }

  func summarise() {
    var table = Table([
      .init("trigger"), .init("fired", .right), .init("held", .right), .init("failed", .right), .init("last reason to hold", elastic: true),
    ])
    for (name, tally) in tallies.sorted(by: { $0.key < $1.key }) {
      table.add(name, "\(tally.fired)", "\(tally.held)", "\(tally.failed)", tally.reason)
    }
    table.print(to: console)
  }
}
