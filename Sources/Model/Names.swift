package import Basics

/// What people may call a thing, and how a thing is told from its identifier.
package enum Names {
  /// A name of a collection, cluster or namespace: 1 to 100 characters, no control characters, no slash.
  package static func check(_ name: String, path: String, in lengths: ClosedRange<Int> = 1...100) throws(Problem) -> String {
    guard lengths.contains(name.count) else {
      throw Problem(
        .invalid, "'\(name.prefix(40))' has \(name.count) characters", hint: "Give \(lengths.lowerBound) to \(lengths.upperBound)", path: path)
    }
    for scalar in name.unicodeScalars where scalar.value < 32 || scalar.value == 127 || scalar == "/" {
      throw Problem(
        .invalid, "a name cannot hold the character U+\(String(scalar.value, radix: 16, uppercase: true))", hint: "For example \"words\"", path: path)
    }
    return name
  }

  /// Identifiers that callers choose (documents): 1 to 255 bytes, no control characters.
  package static func checkID(_ id: String, path: String) throws(Problem) -> String {
    guard (1...255).contains(id.utf8.count), !id.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
      throw Problem(.invalid, "'\(id.prefix(40))' cannot be an identifier", hint: "Give 1 to 255 bytes without control characters", path: path)
    }
    return id
  }
}
