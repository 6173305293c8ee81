package import Basics

extension Fields {
  /// A date and time in RFC 3339.
  package func instant(_ key: String) throws(Problem) -> Instant? {
    guard let text = try string(key, example: "\"2026-12-24T18:00:00Z\"") else { return nil }
    guard let instant = Instant(text) else {
      throw Problem(.invalid, "'\(text)' is not a date and time", hint: "For example \"\(key)\": \"2026-12-24T18:00:00Z\"", path: at(key))
    }
    return instant
  }
}
