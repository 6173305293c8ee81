import Basics
import Glibc
import Testing

@testable import Scheduling

/// Tables beside the tests, and what the suites share.
enum TestData {
  static let zones = Zones(directories: ["/usr/share/zoneinfo"])

  /// The zone, or a failure that says what the machine lacks.
  static func zone(_ name: String) throws -> Zone { try zones.zone(name) }

  static func instant(_ text: String) throws -> Instant { try #require(Instant(text), "'\(text)' is not a time") }

  static func instants(_ text: String) throws -> [Instant] { try text.split(separator: " ").map { try instant(String($0)) } }

  /// The rows of a table in `Data/`, each split at its tabs; a line that begins with '#' is a heading.
  static func rows(_ name: String, file: String = #filePath) -> [[String]] {
    let folder = file.split(separator: "/").dropLast().joined(separator: "/")
    let bytes = TimeZoneFile.contents(of: "/\(folder)/Data/\(name)") ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
