import Glibc

/// What was typed before, kept in a file of the user's own.
struct History {
  private(set) var lines: [String] = []
  private let path: String?

  static let limit = 1000

  /// A history in memory only, or one that begins with what the file holds.
  init(path: String? = nil) {
    self.path = path
    guard let path, let bytes = try? readFile(path, limit: 4 << 20) else { return }
    lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(Self.limit).map(String.init)
  }

  /// `$XDG_STATE_HOME/perigee/history`, otherwise `~/.local/state/perigee/history`; its folders are made. Nil without a home.
  static func userFile() -> String? {
    guard let base = environment("XDG_STATE_HOME") ?? environment("HOME").map({ $0 + "/.local/state" }), base.hasPrefix("/") else { return nil }
    let folder = base + "/perigee"
    var made = ""
    for part in folder.split(separator: "/") {
      made += "/\(part)"
      mkdir(made, 0o700)
    }
    return folder + "/history"
  }

  /// Remembers a line, unless it is blank or the last one again. A history that cannot be written is no reason to stop.
  mutating func add(_ line: String) {
    guard line.contains(where: { !$0.isWhitespace }), line != lines.last, !line.contains("\n") else { return }
    lines.append(line)
    if lines.count > Self.limit { lines.removeFirst(lines.count - Self.limit) }
    guard let path else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    writeAll(Array((line + "\n").utf8), to: descriptor)
    close(descriptor)
  }
}
