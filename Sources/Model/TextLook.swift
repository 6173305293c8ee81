package import Basics

/// What the filters' operators that read a text look for: `regex`, `phrase` and `words`, made once for many texts.
package enum TextLook: Sendable, Equatable {
  case pattern(TextPattern)
  /// These words one after the other.
  case phrase([String])
  /// All of these, anywhere, by their English stems.
  case words(Set<String>)

  /// Nil for an operator that compares otherwise.
  package init?(_ comparison: Filter.Comparison, _ wanted: String, isExact: Bool) throws(Problem) {
    switch comparison {
    case .regex: self = .pattern(try TextPattern(wanted, ignoringCase: !isExact))
    case .phrase: self = .phrase(Self.words(in: wanted, isExact: isExact))
    case .words: self = .words(Set(Self.words(in: wanted, isExact: isExact).map(EnglishStem.of)))
    default: return nil
    }
  }

  package func finds(in text: String, isExact: Bool) -> Bool {
    switch self {
    case .pattern(let pattern): return pattern.fits(text)
    case .phrase(let wanted):
      let found = Self.words(in: text, isExact: isExact)
      guard wanted.count <= found.count else { return false }
      return (0...(found.count - wanted.count)).contains { found[$0..<$0 + wanted.count].elementsEqual(wanted) }
    case .words(let wanted): return wanted.isSubset(of: Self.words(in: text, isExact: isExact).map(EnglishStem.of))
    }
  }

  /// Runs of letters, marks and digits; an apostrophe inside a word belongs to it.
  private static func words(in text: String, isExact: Bool) -> [String] {
    var (result, word): ([String], String.UnicodeScalarView) = ([], String.UnicodeScalarView())
    func finish() {
      while word.last == "'" { word.removeLast() }
      guard !word.isEmpty else { return }
      result.append(isExact ? String(word) : Filter.fold(String(word)))
      word.removeAll(keepingCapacity: true)
    }
    for scalar in text.unicodeScalars {
      let isApostrophe = scalar == "'" || scalar == "\u{2019}"
      if scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar.properties.generalCategory == .nonspacingMark {
        word.append(scalar)
      } else if isApostrophe, !word.isEmpty {
        word.append("'")
      } else {
        finish()
      }
    }
    finish()
    return result
  }
}
