import Basics

/// One line on a terminal's standard error that shows how far long work is. In a pipe it shows nothing.
struct Progress {
  private let label: String
  private let noun: String
  private let console: Console
  private let ticks: @Sendable () -> Ticks
  private let start: Ticks
  private var lastDrawn: Ticks?

  /// Quick work shows no bar, and a bar moves ten times a second.
  private static let patience = Duration.milliseconds(400)
  private static let interval = Duration.milliseconds(100)

  init(_ label: String, noun: String, _ console: Console, _ surroundings: Surroundings) {
    self.label = label
    self.noun = noun
    self.console = console
    ticks = surroundings.ticks
    start = surroundings.ticks()
  }

  var elapsed: Duration { ticks() - start }

  /// `fraction` of the whole, from 0 to 1, or nil when the whole is unknown.
  mutating func show(_ count: Int, fraction: Double?) {
    guard console.err.isTerminal else { return }
    let now = ticks()
    guard now - start > Self.patience, lastDrawn.map({ now - $0 > Self.interval }) ?? true else { return }
    lastDrawn = now
    let line = Self.line(label, count, noun, fraction: fraction, elapsed: now - start, width: console.err.width ?? 80)
    console.err.write(Array("\r\(line)\u{1B}[K".utf8))
  }

  /// Takes the line away, so that what follows begins on a clean one.
  mutating func clear() {
    guard lastDrawn != nil else { return }
    lastDrawn = nil
    console.err.write(Array("\r\u{1B}[K".utf8))
  }

  /// `importing ████████░░░░ 62 %  12,400 documents  8,300/s  0.9 s left`
  static func line(_ label: String, _ count: Int, _ noun: String, fraction: Double?, elapsed: Duration, width: Int) -> String {
    let seconds = max(elapsed.inSeconds, 1e-3)
    var tail = "\(Format.count(count)) \(noun)  \(Format.count(Int64((Double(count) / seconds).rounded())))/s"
    guard let fraction else { return "\(label)  \(tail)".cut(to: width - 1) }
    let part = min(max(fraction, 0), 1)
    if part > 0.01, part < 1 { tail += "  \(Format.duration(.seconds(seconds * (1 - part) / part))) left" }
    let percent = "\(Int(part * 100))"
    let head = "\(label) "
    let numbers = " \(String(repeating: " ", count: 3 - percent.count))\(percent) %  \(tail)"
    let room = min(30, width - 1 - head.columnCount - numbers.columnCount)
    guard room >= 5 else { return (head + numbers.dropFirst()).cut(to: width - 1) }
    let filled = Int((part * Double(room)).rounded())
    return head + String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled) + numbers
  }
}
