import Basics

/// Where two values differ, in words for somebody whose expectation failed.
enum Difference {
  private static let limit = 8

  /// One line for each place; empty when both are equal. Numbers compare by value, and a member that is null is one that is missing.
  static func lines(actual: JSON, expected: JSON) -> [String] {
    var lines: [String] = []
    compare(actual, expected, "", &lines)
    return lines.count <= limit ? lines : lines.prefix(limit) + ["… and \(lines.count - limit) more"]
  }

  private static func compare(_ actual: JSON, _ expected: JSON, _ path: String, _ lines: inout [String]) {
    switch (actual, expected) {
    case (.object(let a), .object(let b)):
      for member in b.members { compare(a[member.key] ?? .null, member.value, path + "." + member.key, &lines) }
      for member in a.members where b[member.key] == nil { compare(member.value, .null, path + "." + member.key, &lines) }
    case (.array(let a), .array(let b)):
      for index in 0..<max(a.count, b.count) {
        let place = "\(path)[\(index + 1)]"
        if index >= a.count {
          lines.append("\(place) is missing, expected \(shown(b[index]))")
        } else if index >= b.count {
          lines.append("\(place) is \(shown(a[index])), expected nothing")
        } else {
          compare(a[index], b[index], place, &lines)
        }
      }
    // An empty table in Lua is an empty list as well as an empty object.
    case (.object(let a), .array(let b)) where a.isEmpty && b.isEmpty: break
    case (.array(let a), .object(let b)) where a.isEmpty && b.isEmpty: break
    default:
      if let a = actual.double, let b = expected.double {
        if a == b { return }
      } else if actual == expected {
        return
      }
      lines.append("\(path.isEmpty ? "it" : String(path.drop { $0 == "." })) is \(shown(actual)), expected \(shown(expected))")
    }
  }

  private static func shown(_ value: JSON) -> String {
    if value == .null { return "nil" }
    let text = value.text
    return text.count <= 200 ? text : text.prefix(199) + "…"
  }
}
