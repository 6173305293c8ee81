import Basics

/// How a problem is told to people on standard error: what happened and where, then what to do.
enum ProblemText {
  static func lines(_ problem: Problem, _ stream: Console.Stream) -> [String] {
    var lines: [String] = []
    for (i, one) in ([problem] + problem.others).enumerated() {
      let place = one.path.map { $0.isEmpty ? "" : "\($0): " } ?? ""
      let head = i == 0 ? stream.styled("error:", .red, .bold) : stream.styled("  and:", .red)
      lines.append("\(head) \(place)\(one.message)")
      if let source = one.details["source_line"]?.string ?? one.details["source"]?.string, let line = one.details["line"]?.int {
        lines.append("       \(stream.styled("\(line) |", .dim)) \(printable(source))")
      }
      let traceback = (one.details["traceback"]?.array ?? []).compactMap(\.string)
      if traceback.count > 1 { lines += traceback.prefix(12).map { "       \(stream.styled(printable($0), .dim))" } }
      if let near = one.didYouMean { lines.append("       Did you mean '\(near)'?") }
      if let hint = one.hint { lines.append("       \(stream.styled("hint:", .yellow)) \(hint)") }
    }
    return lines
  }

  static func say(_ problem: Problem, on console: Console) {
    for line in lines(problem, console.err) { console.say(line) }
  }
}
