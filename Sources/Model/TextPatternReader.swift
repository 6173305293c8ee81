import Basics

/// Reads a regular expression into the steps of a `TextPattern`.
struct TextPatternReader {
  /// Longer programs would make each character of a text dear.
  private static let stepLimit = 2000
  private static let depthLimit = 50

  private enum Node {
    case step(TextPattern.Step)
    case sequence([Node])
    indirect case either([Node])
    /// `most` is nil for as often as it likes.
    indirect case times(Node, least: Int, most: Int?)
  }

  private let pattern: [Unicode.Scalar]
  private var place = 0
  private(set) var ignoresCase: Bool
  private var steps: [TextPattern.Step] = []
  private var written = 0

  init(_ pattern: String, ignoresCase: Bool) {
    self.pattern = Array(pattern.unicodeScalars)
    self.ignoresCase = ignoresCase
  }

  mutating func program() throws(Problem) -> [TextPattern.Step] {
    guard pattern.count <= 1000 else {
      throw Problem(.tooLarge, "the pattern has \(pattern.count) characters", hint: "Give at most 1000", path: "value")
    }
    if pattern.starts(with: "(?i)".unicodeScalars) { (place, ignoresCase) = (4, true) }
    let node = try alternatives(0)
    if place < pattern.count { throw wrong("')' closes nothing") }
    try write(node)
    return steps + [.match]
  }

  // MARK: - Reading

  private func wrong(_ what: String, at position: Int? = nil) -> Problem {
    Problem(
      .invalid, "the pattern cannot be read at character \((position ?? place) + 1): \(what)",
      hint: "A regular expression without back references and looking around, for example \"^shoe(s|box)?$\"", path: "value")
  }

  private var next: Unicode.Scalar? { place < pattern.count ? pattern[place] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    place += 1
    return true
  }

  private mutating func alternatives(_ depth: Int) throws(Problem) -> Node {
    guard depth < Self.depthLimit else { throw wrong("groups are nested deeper than \(Self.depthLimit)") }
    var branches = [try sequence(depth)]
    while take("|") { branches.append(try sequence(depth)) }
    return branches.count == 1 ? branches[0] : .either(branches)
  }

  private mutating func sequence(_ depth: Int) throws(Problem) -> Node {
    var items: [Node] = []
    while let scalar = next, scalar != "|", scalar != ")" { items.append(try repeated(atom(depth))) }
    return .sequence(items)
  }

  private mutating func repeated(_ atom: Node) throws(Problem) -> Node {
    var node = atom
    while let scalar = next {
      let begin = place
      switch scalar {
      case "*": (node, place) = (.times(node, least: 0, most: nil), place + 1)
      case "+": (node, place) = (.times(node, least: 1, most: nil), place + 1)
      case "?": (node, place) = (.times(node, least: 0, most: 1), place + 1)
      case "{":
        guard let counts = counts() else {
          place = begin
          return node
        }
        guard counts.least <= 1000, counts.most ?? 0 <= 1000, counts.most.map({ $0 >= counts.least }) ?? true else {
          throw wrong("repeat 0 to 1000 times, the smaller number first", at: begin)
        }
        node = .times(node, least: counts.least, most: counts.most)
      default: return node
      }
      // Lazy or possessive: whether it fits does not depend on it.
      if !take("?") { _ = take("+") }
    }
    return node
  }

  /// `{m}`, `{m,}` or `{m,n}`; nil for a brace that stands for itself.
  private mutating func counts() -> (least: Int, most: Int?)? {
    place += 1
    func number() -> Int? {
      var digits = ""
      while let scalar = next, ("0"..."9").contains(scalar), digits.count < 6 {
        digits.unicodeScalars.append(scalar)
        place += 1
      }
      return Int(digits)
    }
    guard let least = number() else { return nil }
    if take("}") { return (least, least) }
    guard take(",") else { return nil }
    let most = number()
    return take("}") ? (least, most) : nil
  }

  private mutating func atom(_ depth: Int) throws(Problem) -> Node {
    let begin = place
    guard let scalar = next else { throw wrong("the end comes too early") }
    place += 1
    switch scalar {
    case ".": return .step(.any)
    case "^": return .step(.start)
    case "$": return .step(.end)
    case "[": return .step(.of(try bracket(begin)))
    case "*", "+", "?": throw wrong("there is nothing to repeat", at: begin)
    case "(":
      try groupHead(begin)
      let inner = try alternatives(depth + 1)
      guard take(")") else { throw wrong("'(' is not closed", at: begin) }
      return inner
    case "\\": return .step(try escape(begin))
    default: return .step(literal(scalar.value))
    }
  }

  private mutating func groupHead(_ begin: Int) throws(Problem) {
    guard take("?") else { return }
    if take(":") { return }
    _ = take("P")
    guard take("<"), let first = next, first != "=", first != "!" else { throw wrong("this kind of group is not supported", at: begin) }
    while let scalar = next, scalar != ">" {
      guard scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) else { break }
      place += 1
    }
    guard take(">") else { throw wrong("the group's name is not closed", at: begin) }
  }

  private func literal(_ value: UInt32) -> TextPattern.Step { .one(ignoresCase ? TextPattern.folded(value) : value) }

  private mutating func escape(_ begin: Int) throws(Problem) -> TextPattern.Step {
    guard let scalar = next else { throw wrong("nothing follows the backslash", at: begin) }
    switch scalar {
    case "b", "B":
      place += 1
      return .edge(scalar == "b")
    case "A", "z", "Z":
      place += 1
      return scalar == "A" ? .start : .end
    default:
      if let ranges = classEscape() { return .of(ranges) }
      return literal(try escapedCharacter(begin))
    }
  }

  /// `\d` and its like; nil for another escape, of which nothing is taken.
  private mutating func classEscape() -> TextPattern.Ranges? {
    var ranges: TextPattern.Ranges
    switch next {
    case "d", "D": ranges = .digits
    case "w", "W": ranges = .words
    case "s", "S": ranges = .spaces
    default: return nil
    }
    ranges.isNegated = ["D", "W", "S"].contains(next)
    place += 1
    return ranges
  }

  private mutating func escapedCharacter(_ begin: Int) throws(Problem) -> UInt32 {
    guard let scalar = next else { throw wrong("nothing follows the backslash", at: begin) }
    place += 1
    switch scalar {
    case "n": return 10
    case "r": return 13
    case "t": return 9
    case "f": return 12
    case "v": return 11
    case "0": return 0
    case "x", "u":
      let digits = pattern[place...].prefix(scalar == "x" ? 2 : 4)
      guard digits.count == (scalar == "x" ? 2 : 4), let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16) else {
        throw wrong("\\\(scalar) needs \(scalar == "x" ? "two" : "four") hexadecimal digits", at: begin)
      }
      place += digits.count
      return value
    case "a"..."z", "A"..."Z", "1"..."9": throw wrong("\\\(scalar) is not supported", at: begin)
    default: return scalar.value
    }
  }

  private mutating func bracket(_ begin: Int) throws(Problem) -> TextPattern.Ranges {
    var result = TextPattern.Ranges()
    result.isNegated = take("^")
    var isFirst = true
    while true {
      guard let scalar = next else { throw wrong("'[' is not closed", at: begin) }
      if scalar == "]", !isFirst { break }
      isFirst = false
      let low: UInt32
      place += 1
      if scalar == "\\" {
        if let inner = classEscape() {
          result.ranges += inner.isNegated ? Self.complement(inner.ranges) : inner.ranges
          continue
        }
        low = next == "b" ? 8 : try escapedCharacter(place - 1)
        if low == 8 { place += 1 }
      } else {
        low = scalar.value
      }
      guard next == "-", place + 1 < pattern.count, pattern[place + 1] != "]" else {
        result.ranges.append(low...low)
        continue
      }
      place += 1
      guard let last = next else { throw wrong("'[' is not closed", at: begin) }
      place += 1
      let high = last == "\\" ? try escapedCharacter(place - 1) : last.value
      guard low <= high else { throw wrong("the range goes backwards") }
      result.ranges.append(low...high)
    }
    place += 1
    return result
  }

  private static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var (result, from): ([ClosedRange<UInt32>], UInt32) = ([], 0)
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > from { result.append(from...(range.lowerBound - 1)) }
      from = range.upperBound + 1
    }
    return result + [from...0x10FFFF]
  }

  // MARK: - Writing

  private mutating func add(_ step: TextPattern.Step) throws(Problem) {
    guard steps.count < Self.stepLimit else {
      throw Problem(.tooLarge, "the pattern has more than \(Self.stepLimit) steps", hint: "Repeat less, or look for less at once", path: "value")
    }
    steps.append(step)
  }

  private mutating func write(_ node: Node) throws(Problem) {
    // Nothing, repeated over and over, makes no steps and yet takes time.
    written += 1
    guard written <= Self.stepLimit * 20 else {
      throw Problem(.tooLarge, "the pattern repeats too much", hint: "Repeat less", path: "value")
    }
    switch node {
    case .step(let step): try add(step)
    case .sequence(let items): for item in items { try write(item) }
    case .either(let branches):
      var ends: [Int] = []
      for (index, branch) in branches.enumerated() {
        guard index + 1 < branches.count else {
          try write(branch)
          break
        }
        let fork = steps.count
        try add(.go(0))
        try write(branch)
        ends.append(steps.count)
        try add(.go(0))
        steps[fork] = .split(fork + 1, steps.count)
      }
      for end in ends { steps[end] = .go(steps.count) }
    case .times(let inner, let least, let most):
      for _ in 0..<least { try write(inner) }
      guard let most else {
        let fork = steps.count
        try add(.go(0))
        try write(inner)
        try add(.go(fork))
        steps[fork] = .split(fork + 1, steps.count)
        return
      }
      var forks: [Int] = []
      for _ in least..<max(most, least) {
        forks.append(steps.count)
        try add(.go(0))
        try write(inner)
      }
      for fork in forks { steps[fork] = .split(fork + 1, steps.count) }
    }
  }
}
