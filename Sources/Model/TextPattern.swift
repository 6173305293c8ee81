package import Basics

/// A regular expression that takes time in proportion to the text, whatever it says.
///
/// The usual grammar (`.`, classes, `\d \w \s \b`, groups, `|`, `* + ? {m,n}`, `^ $`), read into a program of small steps; all of the ways that a
/// text may go through it are walked side by side (K. Thompson, "Regular Expression Search Algorithm", CACM 1968), so that nothing is tried twice.
/// Only whether a text holds a match is asked: lazy and greedy are alike, and groups remember nothing. Back references and looking around are
/// refused, since they cannot be answered so.
package struct TextPattern: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    case any
    case one(UInt32)
    case of(Ranges)
    /// Goes on at both places.
    case split(Int, Int)
    case go(Int)
    case start, end, edge(Bool)
    case match
  }

  /// Characters by their code points, or all others.
  struct Ranges: Sendable, Equatable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    func holds(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    static let digits = Ranges(ranges: [48...57])
    static let words = Ranges(ranges: [
      48...57, 65...90, 95...95, 97...122, 0xAA...0xAA, 0xB5...0xB5, 0xBA...0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x1FFF,
      0x2C00...0x2DFF, 0x3040...0xD7FF, 0xF900...0xFDFF,
    ])
    static let spaces = Ranges(ranges: [9...13, 32...32, 0x85...0x85, 0xA0...0xA0, 0x2000...0x200A, 0x2028...0x2029, 0x3000...0x3000])
  }

  private let steps: [Step]
  private let ignoresCase: Bool

  /// Reads a pattern; throws what is wrong with it, and where.
  package init(_ pattern: String, ignoringCase: Bool) throws(Problem) {
    var reader = TextPatternReader(pattern, ignoresCase: ignoringCase)
    steps = try reader.program()
    ignoresCase = reader.ignoresCase
  }

  /// Whether the pattern fits some part of the text.
  package func fits(_ text: String) -> Bool {
    let scalars = text.unicodeScalars.map(\.value)
    var (now, next) = (Front(steps.count), Front(steps.count))
    for place in 0...scalars.count {
      // A match may begin anywhere.
      if follow(0, scalars, place, &now) { return true }
      guard place < scalars.count else { return false }
      let scalar = scalars[place]
      let other = ignoresCase ? Self.folded(scalar) : scalar
      next.clear()
      for index in now.members where takes(steps[index], scalar, other) {
        if follow(index + 1, scalars, place + 1, &next) { return true }
      }
      swap(&now, &next)
    }
    return false
  }

  private func takes(_ step: Step, _ scalar: UInt32, _ folded: UInt32) -> Bool {
    switch step {
    case .any: scalar != 10
    case .one(let wanted): wanted == folded
    case .of(let ranges):
      ranges.isNegated || !ignoresCase
        ? ranges.holds(scalar) && (!ignoresCase || ranges.holds(folded) && ranges.holds(Self.raised(scalar)))
        : ranges.holds(scalar) || ranges.holds(folded) || ranges.holds(Self.raised(scalar))
    default: false
    }
  }

  /// Adds a step and all that it leads to without a character; true when that is the end of the pattern.
  private func follow(_ first: Int, _ text: [UInt32], _ place: Int, _ front: inout Front) -> Bool {
    var open = [first]
    while let index = open.popLast() {
      guard front.add(index) else { continue }
      switch steps[index] {
      case .match: return true
      case .go(let target): open.append(target)
      case .split(let one, let two): open += [two, one]
      case .start: if place == 0 { open.append(index + 1) }
      case .end: if place == text.count { open.append(index + 1) }
      case .edge(let wanted):
        let before = place > 0 && Ranges.words.holds(text[place - 1])
        let after = place < text.count && Ranges.words.holds(text[place])
        if (before != after) == wanted { open.append(index + 1) }
      case .any, .one, .of: break
      }
    }
    return false
  }

  /// The steps that wait for the next character, each once.
  private struct Front {
    var members: [Int] = []
    private var marks: [Bool]

    init(_ count: Int) { marks = [Bool](repeating: false, count: count) }

    mutating func add(_ index: Int) -> Bool {
      if marks[index] { return false }
      marks[index] = true
      members.append(index)
      return true
    }

    mutating func clear() {
      for index in members { marks[index] = false }
      members.removeAll(keepingCapacity: true)
    }
  }

  static func folded(_ scalar: UInt32) -> UInt32 { Unicode.Scalar(scalar).flatMap { single($0.properties.lowercaseMapping) } ?? scalar }
  private static func raised(_ scalar: UInt32) -> UInt32 { Unicode.Scalar(scalar).flatMap { single($0.properties.uppercaseMapping) } ?? scalar }
  private static func single(_ text: String) -> UInt32? { text.unicodeScalars.count == 1 ? text.unicodeScalars.first?.value : nil }
}
