import Basics

/// An event in one line for people: when, what, and what it is about.
struct EventText {
  private let stream: Console.Stream
  /// Names of collections by identifier.
  var names: [String: String] = [:]

  init(_ stream: Console.Stream) { self.stream = stream }

  func line(_ event: JSON) -> String {
    let type = event["type"]?.string ?? ""
    let clock = event["at"]?.string.flatMap { Instant($0) }.map(Format.clock) ?? ""
    let padded = type + String(repeating: " ", count: max(0, 28 - type.columnCount))
    return "\(stream.styled(clock, .dim)) \(stream.styled(printable(padded), style(of: type))) \(printable(about(event)))"
  }

  private func style(of type: String) -> Style {
    if type.hasSuffix("failed") || type.hasSuffix("stopped") || type == "webhook.paused" { return .red }
    if type.hasSuffix("completed") { return .green }
    if type.hasPrefix("custom.") { return .yellow }
    return .cyan
  }

  private func about(_ event: JSON) -> String {
    var words: [String] = []
    let payload = event["payload"]?.object ?? [:]
    if let id = event["collection_id"]?.string, !id.isEmpty { words.append(names[id] ?? payload["collection_name"]?.string ?? id) }
    for thing in ["trigger", "cluster", "taxonomy", "webhook", "bucket"] {
      if let name = payload["\(thing)_name"]?.string ?? payload["\(thing)_id"]?.string { words.append("\(thing) \(name)") }
    }
    let ids = (event["document_ids"]?.array ?? payload["object_ids"]?.array ?? []).compactMap(\.string)
    if let count = event["count"]?.int, !ids.isEmpty {
      let noun = payload["object_ids"] == nil ? "document" : "object"
      words.append("\(Format.count(max(Int(count), ids.count), noun)): \(ids.prefix(4).joined(separator: ", "))\(ids.count > 4 ? ", …" : "")")
    }
    for key in ["reason", "status", "task_id", "run_id", "num_clusters", "added", "updated", "deleted", "error"] {
      if let value = payload[key], value != .null { words.append("\(key) \(value.string ?? value.text)") }
    }
    // What is not known here is shown as it is.
    if words.isEmpty || event["type"]?.string?.hasPrefix("custom.") ?? false, !payload.isEmpty { words.append(JSON.object(payload).text) }
    return words.joined(separator: "  ")
  }
}
