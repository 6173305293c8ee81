import Basics
import Glibc

/// Reads lines from a terminal with editing, history and completion; from a pipe as they come.
final class LineEditor {
  enum Answer: Equatable { case line(String), abandoned, end }

  var completions: (_ word: String) -> [String] = { _ in [] }
  private(set) var history: History
  private let console: Console
  private let isInteractive: Bool
  private var keys = KeyReader()
  private var waiting: [UInt8] = []

  init(console: Console, history: History) {
    self.console = console
    self.history = history
    isInteractive = isatty(0) == 1 && console.out.isTerminal
  }

  func read(prompt: String) -> Answer {
    guard isInteractive else { return readPlain() }
    var saved = termios()
    guard tcgetattr(0, &saved) == 0 else { return readPlain() }
    var raw = saved
    cfmakeraw(&raw)
    raw.c_oflag |= tcflag_t(OPOST)
    tcsetattr(0, TCSADRAIN, &raw)
    defer { tcsetattr(0, TCSADRAIN, &saved) }
    let answer = edit(prompt)
    if case .line(let text) = answer { history.add(text) }
    return answer
  }

  private func edit(_ prompt: String) -> Answer {
    var line = EditLine(history: history.lines)
    draw(prompt, line)
    while let byte = nextByte() {
      guard let key = keys.feed(byte) else { continue }
      let step = line.handle(key, completions: completions)
      switch step {
      case .goOn: draw(prompt, line)
      case .submit(let text):
        write("\r\n")
        return .line(text)
      case .abandon:
        write("^C\r\n")
        return .abandoned
      case .end:
        write("\r\n")
        return .end
      case .clearScreen:
        write("\u{1B}[H\u{1B}[2J")
        draw(prompt, line)
      case .offer(let words):
        write("\r\n" + Self.columns(words, width: console.out.width ?? 80).joined(separator: "\r\n") + "\r\n")
        draw(prompt, line)
      }
    }
    return .end
  }

  /// Draws the line in one terminal row; a longer one is moved so that the cursor stays in sight.
  private func draw(_ prompt: String, _ line: EditLine) {
    let room = max(10, (console.out.width ?? 80) - prompt.columnCount - 1)
    var first = 0
    while String(line.characters[first..<line.cursor]).columnCount > room { first += 1 }
    let before = String(line.characters[first..<line.cursor])
    var shown = String(line.characters[first...])
    if shown.columnCount > room { shown = shown.cut(to: room) }
    let column = prompt.columnCount + before.columnCount
    write("\r" + console.out.styled(prompt, .cyan, .bold) + printable(shown) + "\u{1B}[K\r" + (column > 0 ? "\u{1B}[\(column)C" : ""))
  }

  /// What Tab offers, in columns: of dotted names their last part, since the others stand in the line already.
  static func columns(_ words: [String], width: Int) -> [String] {
    let parts = words.map { word -> String in
      let start = word.dropLast().lastIndex(of: ".").map { word.index(after: $0) } ?? word.startIndex
      return String(word[start...])
    }
    let widest = (parts.map(\.columnCount).max() ?? 0) + 2
    let across = max(1, width / widest)
    let down = (parts.count + across - 1) / across
    return (0..<down).map { row in
      let cells = stride(from: row, to: parts.count, by: down).map { parts[$0] }
      let padded = cells.dropLast().map { $0 + String(repeating: " ", count: widest - $0.columnCount) }
      return padded.joined() + (cells.last ?? "")
    }
  }

  private func write(_ text: String) { console.out.write(Array(text.utf8)) }

  private func nextByte() -> UInt8? {
    if waiting.isEmpty {
      var piece = [UInt8](repeating: 0, count: 4096)
      var count: Int
      repeat { count = piece.withUnsafeMutableBytes { Glibc.read(0, $0.baseAddress, $0.count) } } while count < 0 && errno == EINTR
      guard count > 0 else { return nil }
      waiting = piece[..<count].reversed()
    }
    return waiting.popLast()
  }

  private func readPlain() -> Answer {
    var bytes: [UInt8] = []
    while let byte = nextByte() {
      if byte == 0x0A { return .line(String(decoding: bytes, as: UTF8.self)) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? .end : .line(String(decoding: bytes, as: UTF8.self))
  }
}
