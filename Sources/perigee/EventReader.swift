import Basics

/// The `data` of server-sent events, out of bytes as they come.
struct EventReader {
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  /// Whether any line has come, be it a comment.
  private(set) var hasBegun = false

  /// The events that are complete with these bytes; what is no JSON is left out.
  mutating func take(_ bytes: [UInt8]) -> [JSON] {
    var events: [JSON] = []
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      hasBegun = true
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty, !data.isEmpty {
        if let event = try? JSON(parsing: data) { events.append(event) }
        data = []
      } else if line.starts(with: "data:".utf8) {
        data += line.dropFirst(line.dropFirst(5).first == UInt8(ascii: " ") ? 6 : 5)
      }
      line.removeAll(keepingCapacity: true)
    }
    return events
  }
}
