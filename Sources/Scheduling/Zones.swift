package import Basics
import Glibc
import Synchronization

/// The time zones of this machine, each read once and then kept.
///
/// Looks for TZif files in the directories it was given, in their order. `UTC` is always there, also on a machine without any time zone data.
package final class Zones: Sendable {
  package static let path = "timezone"

  private let directories: [String]
  private let known = Mutex(Known())
  /// How often what was read has been forgotten.
  private let forgotten = Atomic<Int>(0)

  private struct Known {
    var zones: [String: Zone] = [:]
    /// Empty until a name was wrong.
    var names: [String] = []
  }

  package init(directories: [String]) { self.directories = directories }

  /// The zones in `$TZDIR`, if that is set, and then in `/usr/share/zoneinfo`.
  package convenience init() {
    var directories = ["/usr/share/zoneinfo"]
    if let other = getenv("TZDIR") {
      let directory = String(cString: other)
      if directory.hasPrefix("/"), !directories.contains(directory) { directories.insert(directory, at: 0) }
    }
    self.init(directories: directories)
  }

  /// The zone of this IANA name. Throws `.invalid` at `timezone` for a name that is none, with the near miss, and `.unavailable` when the
  /// machine cannot tell.
  package func zone(_ name: String) throws(Problem) -> Zone {
    if name == "UTC" || name == "Etc/UTC" { return name == "UTC" ? .utc : Zone(name: name, offset: 0) }
    if let zone = known.withLock({ $0.zones[name] }) { return zone }
    let zone = try read(name)
    known.withLock { $0.zones[name] = zone }
    return zone
  }

  /// Which release of the tz database is installed, e.g. `2025b`; nil when it does not say. It is read anew each time.
  package var dataVersion: String? {
    for directory in directories {
      let opening = (TimeZoneFile.contents(of: directory + "/tzdata.zi") ?? []).prefix { $0 != 10 }
      let words = String(decoding: opening, as: UTF8.self).split(separator: " ")
      if words.count == 3, words[0] == "#", words[1] == "version" { return String(words[2]) }
    }
    return nil
  }

  /// Forgets what was read, so that a new release of the data counts from now on.
  package func forget() {
    known.withLock { $0 = Known() }
    // Behind it: who sees the new number finds no old zone.
    forgotten.add(1, ordering: .releasing)
  }

  /// Another number as soon as zones may be others than they were. Ask before the zones.
  package var release: Int { forgotten.load(ordering: .acquiring) }

  /// All names that the installed data lists, in its order; `UTC` comes first.
  package var names: [String] {
    let kept = known.withLock { $0.names }
    if !kept.isEmpty { return kept }
    let names = listed()
    // Where there is no data yet, it may still come.
    if names.count > 1 { known.withLock { $0.names = names } }
    return names
  }

  private func listed() -> [String] {
    var names: [String] = ["UTC"]
    for directory in directories {
      // "Z Europe/Paris 0:9:21 …" and "L Europe/Paris Europe/Monaco" (link, its target first); every name is there, tables come after.
      for line in lines(of: directory + "/tzdata.zi") where line.count > 2 && (line[0] == "Z" || line[0] == "L") {
        names.append(String(line[0] == "Z" ? line[1] : line[2]))
      }
      if names.count == 1 {
        // Without the above: one name a line in the third column, "FR\t+4852+00220\tEurope/Paris".
        names += lines(of: directory + "/zone.tab").filter { $0.count > 2 && !$0[0].hasPrefix("#") }.map { String($0[2]) }
      }
      if names.count > 1 { break }
    }
    return names
  }

  // MARK: - Reading

  private func read(_ name: String) throws(Problem) -> Zone {
    guard Self.isName(name) else { throw unknown(name) }
    for directory in directories {
      guard let bytes = TimeZoneFile.contents(of: directory + "/" + name) else { continue }
      if name.hasPrefix("right/") {
        let plain = String(name.dropFirst("right/".count))
        throw Problem(
          .invalid, "timezone '\(name)' counts leap seconds, which schedules do not", hint: "Write \"\(plain)\".", path: Self.path, didYouMean: plain)
      }
      // "zone.tab" and other tables stand among the zones.
      guard bytes.starts(with: "TZif".utf8) else { throw unknown(name) }
      do { return Zone(name: name, file: try TimeZoneFile(bytes: bytes)) } catch {
        throw Problem(
          .unavailable, "timezone '\(name)' cannot be read from \(directory): \(error.reason)", hint: "Install the package 'tzdata' anew.",
          path: Self.path)
      }
    }
    throw unknown(name)
  }

  /// Letters, digits and `+ - _ /`, which is what the database's names consist of (its "theory.html"). Without dots, and with nothing before
  /// the first slash, a name cannot leave its directory.
  private static func isName(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return name.utf8.count <= 128
      && parts.allSatisfy { part in
        !part.isEmpty && part.allSatisfy { (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 43 || $0 == 45 || $0 == 95 }
      }
  }

  private func lines(of path: String) -> [[Substring]] {
    let text = String(decoding: TimeZoneFile.contents(of: path) ?? [], as: UTF8.self)
    return text.split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" } }
  }

  // MARK: - Names that are none

  private func unknown(_ name: String) -> Problem {
    let shown = name.unicodeScalars.prefix(60).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
    let names = names
    if names.count == 1, !directories.contains(where: { access($0 + "/Europe", R_OK) == 0 }) {
      return Problem(
        .unavailable, "timezone '\(shown)' cannot be looked up: there is no time zone data in \(directories.joined(separator: " or "))",
        hint: "Install the package 'tzdata', or set TZDIR; \"UTC\" works without.", path: Self.path)
    }
    let near = Self.nearest(to: name, in: names)
    let hint =
      near == nil && Self.isAbbreviation(name)
      ? "Abbreviations mean several zones; write an area and a city, e.g. \"America/New_York\", or \"UTC\"."
      : "Write a name of the IANA database, e.g. \"Europe/Paris\", or \"UTC\"."
    return Problem(.invalid, "timezone '\(shown)' is unknown", hint: hint, path: Self.path, didYouMean: near)
  }

  /// "europe/pari" is near to a whole name, "New York" to its last part, and "+02:00" to "Etc/GMT-2", whose sign is the other way round.
  private static func nearest(to name: String, in names: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    if name.lowercased() == "z" { return "UTC" }
    if let offset = fixedOffset(name) { return offset }
    let wanted = String(name.map { $0 == " " ? "_" : $0 })
    let lowered = wanted.lowercased()
    if let same = names.first(where: { $0.lowercased() == lowered }) ?? names.first(where: { $0.lowercased().hasSuffix("/" + lowered) }) {
      return same
    }
    // "PST" is one letter from "EST", and three hours.
    if isAbbreviation(name) { return nil }
    return Suggestion.nearest(to: wanted, in: names)
      ?? names.first { candidate in
        guard let last = candidate.split(separator: "/").last else { return false }
        return Suggestion.nearest(to: wanted, in: CollectionOfOne(String(last))) != nil
      }
  }

  private static func isAbbreviation(_ name: String) -> Bool {
    (1...4).contains(name.utf8.count) && name.utf8.allSatisfy { (97...122).contains($0 | 0x20) }
  }

  /// The zone of whole hours for `+2`, `UTC+02:00`, `GMT-5`.
  private static func fixedOffset(_ name: String) -> String? {
    var rest = name.uppercased()[...]
    for prefix in ["UTC", "GMT"] where rest.hasPrefix(prefix) { rest = rest.dropFirst(3) }
    guard let sign = rest.first, sign == "+" || sign == "-" else { return nil }
    rest = rest.dropFirst()
    for suffix in [":00", "00"] where rest.count > 2 && rest.hasSuffix(suffix) { rest = rest.dropLast(suffix.count) }
    guard rest.count <= 2, let hours = Int(rest), hours > 0, hours <= (sign == "+" ? 14 : 12) else { return nil }
    return "Etc/GMT\(sign == "+" ? "-" : "+")\(hours)"
  }
}
