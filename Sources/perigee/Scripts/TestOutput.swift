import Basics
import Engine

/// What tests said, for people, for the Test Anything Protocol, and as JUnit's XML.
struct TestOutput {
  struct Suite {
    /// The file or the script that was tested.
    var name: String
    var report: ScriptTesting.Report
  }

  let suites: [Suite]

  var failed: Int { suites.reduce(0) { $0 + $1.report.failed } }
  var passed: Int { suites.reduce(0) { $0 + $1.report.passed } }

  func lines(_ stream: Console.Stream) -> [String] {
    var lines: [String] = []
    for suite in suites {
      lines.append(stream.styled(suite.name, .bold))
      for result in suite.report.results {
        guard let problem = result.problem else {
          lines.append("  \(stream.styled("ok", .green))    \(printable(result.name))")
          continue
        }
        lines.append("  \(stream.styled("FAIL", .red, .bold))  \(printable(result.name))")
        lines += Self.details(problem, result.log).map { "        " + $0 }
      }
    }
    lines.append("\(passed) passed, \(failed) failed")
    return lines
  }

  private static func details(_ problem: Problem, _ log: [String]) -> [String] {
    var lines: [String] = []
    if let differences = problem.details["differences"]?.array, differences.count > 1 {
      lines.append(printable(problem.message.split(separator: ":").first.map(String.init) ?? problem.message))
      lines += differences.compactMap(\.string).map { "- " + printable($0) }
    } else {
      lines.append(printable(problem.message))
    }
    if let line = problem.details["line"]?.int, let source = problem.details["source_line"]?.string { lines.append("\(line) | \(printable(source))") }
    if let near = problem.didYouMean { lines.append("Did you mean '\(near)'?") }
    if let hint = problem.hint { lines.append("hint: \(printable(hint))") }
    lines += log.suffix(10).map { "log: \(printable($0))" }
    return lines
  }

  /// TAP version 13, https://testanything.org/tap-version-13-specification.html
  var tap: [String] {
    var lines = ["TAP version 13", "1..\(passed + failed)"]
    var number = 0
    for suite in suites {
      for result in suite.report.results {
        number += 1
        // '#' would begin a directive.
        let name = printable("\(suite.name): \(result.name)").replacing("#", with: "\\#")
        lines.append("\(result.problem == nil ? "ok" : "not ok") \(number) - \(name)")
        guard let problem = result.problem else { continue }
        lines.append("  ---")
        lines.append("  message: \(JSON.string(problem.message).text)")
        if let line = problem.details["line"]?.int { lines.append("  line: \(line)") }
        if let near = problem.didYouMean { lines.append("  did_you_mean: \(JSON.string(near).text)") }
        if let hint = problem.hint { lines.append("  hint: \(JSON.string(hint).text)") }
        lines.append("  ...")
      }
    }
    return lines
  }

  /// The XML that Jenkins, GitLab and others read as JUnit's.
  var junit: [String] {
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites tests=\"\(passed + failed)\" failures=\"\(failed)\">"]
    for suite in suites {
      let seconds = suite.report.results.reduce(0) { $0 + $1.seconds }
      lines.append(
        "  <testsuite name=\"\(Self.xml(suite.name))\" tests=\"\(suite.report.results.count)\" failures=\"\(suite.report.failed)\" "
          + "time=\"\(Format.fixed(seconds, 3))\">")
      for result in suite.report.results {
        let head = "    <testcase classname=\"\(Self.xml(suite.name))\" name=\"\(Self.xml(result.name))\" time=\"\(Format.fixed(result.seconds, 3))\""
        guard let problem = result.problem else {
          lines.append(head + "/>")
          continue
        }
        lines.append(head + ">")
        lines.append(
          "      <failure message=\"\(Self.xml(problem.message))\">\(Self.xml(Self.details(problem, result.log).joined(separator: "\n")))</failure>")
        lines.append("    </testcase>")
      }
      lines.append("  </testsuite>")
    }
    return lines + ["</testsuites>"]
  }

  /// Text in XML 1.0, which has no place for most control characters.
  private static func xml(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default: result.unicodeScalars.append(scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "?" : scalar)
      }
    }
    return result
  }

  var json: JSON {
    [
      "passed": .int(passed), "failed": .int(failed),
      "suites": .array(
        suites.map { suite in
          var row: JSONObject = ["name": .string(suite.name)]
          for member in suite.report.json.members { row[member.key] = member.value }
          return .object(row)
        }),
    ]
  }
}
