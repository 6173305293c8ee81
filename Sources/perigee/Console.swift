import Basics
import Glibc
import Synchronization

/// The two streams a command may write to, and what is known of who reads them: results go to `out`, talk goes to `err`.
struct Console: Sendable {
  /// One reader: a terminal of some width, or a pipe.
  struct Stream: Sendable {
    var isTerminal: Bool
    var usesColour: Bool
    /// Terminal columns; without a terminal nothing is cut.
    var width: Int?
    var write: @Sendable ([UInt8]) -> Void
  }

  var out: Stream
  var err: Stream

  /// Standard output and standard error, with colours as `--color` and NO_COLOR (no-color.org) ask.
  static func standard(colour: ColourChoice = .auto) -> Console {
    Console(out: stream(1, colour), err: stream(2, colour))
  }

  enum ColourChoice: String, CaseIterable, Sendable { case auto, always, never }

  private static func stream(_ descriptor: Int32, _ colour: ColourChoice) -> Stream {
    let isTerminal = isatty(descriptor) == 1
    let refused = environment("NO_COLOR").map { !$0.isEmpty } ?? false || environment("TERM") == "dumb"
    let usesColour =
      switch colour {
      case .always: true
      case .never: false
      case .auto: isTerminal && !refused
      }
    return Stream(isTerminal: isTerminal, usesColour: usesColour, width: isTerminal ? width(of: descriptor) : nil) { bytes in
      writeAll(bytes, to: descriptor)
    }
  }

  private static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// A result line on standard output.
  func print(_ line: String) { out.write(Array((line + "\n").utf8)) }
  /// A line of talk on standard error.
  func say(_ line: String) { err.write(Array((line + "\n").utf8)) }
  /// A result for programs: one JSON document, readable on a terminal, on one line in a pipe.
  func print(_ json: JSON) { print(out.isTerminal ? json.pretty : json.text) }
}

/// How a word looks on a terminal that shows colours.
enum Style: String, Sendable {
  case bold = "1"
  case dim = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case blue = "34"
  case cyan = "36"
}

extension Console.Stream {
  /// The text in a style, or as it is where colours are not shown.
  func styled(_ text: String, _ styles: Style...) -> String {
    guard usesColour, !styles.isEmpty, !text.isEmpty else { return text }
    return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
  }
}

/// An environment variable's value.
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// What became of standard output: commands write to it without asking, and are asked about it once, at the end.
enum Output {
  private static let fault = Atomic<Int32>(0)

  static func failed(_ code: Int32) { fault.store(code, ordering: .relaxed) }

  /// Why not everything arrived; a reader that went away has seen what it wanted.
  static var problem: Problem? {
    let code = fault.load(ordering: .relaxed)
    guard code != 0, code != EPIPE else { return nil }
    return Problem(.unavailable, "standard output cannot be written: \(String(cString: strerror(code)))", hint: "What is there is not complete")
  }
}

/// Writes everything, however often the kernel takes only a part. A reader that went away ends the writing silently; another failure of
/// standard output is remembered.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
  bytes.withUnsafeBytes { buffer in
    var written = 0
    while written < buffer.count {
      let count = write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
      if count > 0 {
        written += count
      } else if count < 0, errno == EINTR {
        continue
      } else {
        if descriptor == 1 { Output.failed(errno) }
        return
      }
    }
  }
}
