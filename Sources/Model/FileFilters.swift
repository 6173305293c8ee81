package import Basics

/// Which files of a folder are meant: by their names, kinds, sizes and ages.
package struct FileFilters: Sendable, Equatable {
  package var include: [String] = []
  package var exclude: [String] = []
  /// With their dots, in lower case.
  package var extensions: [String] = []
  package var sizes: ClosedRange<Int64> = 0...Int64.max
  package var modifiedAfter: Instant?
  package var modifiedBefore: Instant?

  private static let names = [
    "include_patterns", "exclude_patterns", "extensions", "min_size_bytes", "max_size_bytes", "modified_after", "modified_before", "mime_types",
    "metadata_filters",
  ]

  package init() {}

  init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: Self.names)
    for name in ["mime_types", "metadata_filters"] where fields[name] != nil && fields[name] != [] {
      throw Problem(
        .unsupported, "'\(name)' is not in this build", hint: "Give \"extensions\", for example [\".txt\", \".ndjson\"]", path: fields.at(name))
    }
    include = try fields.strings("include_patterns") ?? []
    exclude = try fields.strings("exclude_patterns") ?? []
    extensions = (try fields.strings("extensions") ?? []).map { ($0.hasPrefix(".") ? $0 : ".\($0)").lowercased() }
    let least = try fields.int("min_size_bytes", in: 0...Int64.max) ?? 0
    let most = try fields.int("max_size_bytes", in: 0...Int64.max) ?? Int64.max
    guard least <= most else {
      throw Problem(
        .invalid, "min_size_bytes \(least) is above max_size_bytes \(most)", hint: "Give a smaller one", path: fields.at("min_size_bytes"))
    }
    sizes = least...most
    modifiedAfter = try fields.instant("modified_after")
    modifiedBefore = try fields.instant("modified_before")
  }

  var json: JSONObject {
    var result = JSONObject()
    if !include.isEmpty { result["include_patterns"] = .array(include.map(JSON.string)) }
    if !exclude.isEmpty { result["exclude_patterns"] = .array(exclude.map(JSON.string)) }
    if !extensions.isEmpty { result["extensions"] = .array(extensions.map(JSON.string)) }
    if sizes.lowerBound > 0 { result["min_size_bytes"] = .int(sizes.lowerBound) }
    if sizes.upperBound < .max { result["max_size_bytes"] = .int(sizes.upperBound) }
    if let modifiedAfter { result["modified_after"] = .instant(modifiedAfter) }
    if let modifiedBefore { result["modified_before"] = .instant(modifiedBefore) }
    return result
  }

  /// Whether a file is meant. `path` is relative to the folder.
  package func takes(_ path: String, size: Int64, modified: Instant) -> Bool {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    func fits(_ pattern: String) -> Bool { Self.matches(pattern.contains("/") ? path : name, pattern) }
    guard include.isEmpty || include.contains(where: fits), !exclude.contains(where: fits) else { return false }
    guard extensions.isEmpty || extensions.contains(where: { name.lowercased().hasSuffix($0) }) else { return false }
    guard sizes.contains(size), modifiedAfter.map({ modified > $0 }) ?? true else { return false }
    return modifiedBefore.map { modified < $0 } ?? true
  }

  /// Patterns as shells have them: `*` stands for anything, also over a slash, `?` for one character, `[a-z]` and `[!a-z]` for one of a set.
  ///
  /// Backtracks to the last star only, so that the time is at most the product of both lengths.
  package static func matches(_ text: String, _ pattern: String) -> Bool {
    let (text, pattern) = (Array(text), Array(pattern))
    var (t, p) = (0, 0)
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p + 1, t)
        p += 1
      } else if p < pattern.count, let next = step(pattern, p, text[t]) {
        p = next
        t += 1
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        (p, t) = (last.pattern, last.text + 1)
      } else {
        return false
      }
    }
    while p < pattern.count, pattern[p] == "*" { p += 1 }
    return p == pattern.count
  }

  /// Where the pattern goes on when its next piece takes the character; nil when it does not.
  private static func step(_ pattern: [Character], _ place: Int, _ character: Character) -> Int? {
    switch pattern[place] {
    case "?": return place + 1
    case "[":
      // A bracket that is not closed stands for itself.
      guard let end = pattern[(place + 1)...].dropFirst().firstIndex(of: "]") else { return character == "[" ? place + 1 : nil }
      var set = pattern[(place + 1)..<end]
      let isNegated = set.first == "!" || set.first == "^"
      if isNegated { set = set.dropFirst() }
      var isIn = false
      var index = set.startIndex
      while index < set.endIndex {
        if index + 2 < set.endIndex, set[index + 1] == "-" {
          isIn = isIn || set[index] <= character && character <= set[index + 2]
          index += 3
        } else {
          isIn = isIn || set[index] == character
          index += 1
        }
      }
      return isIn != isNegated ? end + 1 : nil
    case let own: return own == character ? place + 1 : nil
    }
  }
}
