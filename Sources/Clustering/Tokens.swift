/// Texts as words: runs of letters, marks and digits, in lower case.
///
/// An apostrophe inside a word belongs to it ("don't"); a possessive 's does not. Single letters and bare numbers tell nothing
/// of a subject and are left out. Scripts that write no spaces give one word per run: splitting those needs a dictionary.
enum Tokens {
  static func each(in text: String, _ body: (String) -> Void) {
    var word = String.UnicodeScalarView()
    var letters = 0
    var apostrophe = false
    func finish() {
      defer {
        word.removeAll(keepingCapacity: true)
        letters = 0
        apostrophe = false
      }
      guard letters > 0, word.count > 1 else { return }
      var token = String(word).lowercased()
      if token.hasSuffix("'s") { token.removeLast(2) }
      if token.unicodeScalars.count > 1 { body(token) }
    }
    for scalar in text.unicodeScalars {
      if let kind = kind(of: scalar) {
        if apostrophe { word.append("'") }
        apostrophe = false
        word.append(scalar)
        letters += kind == .letter ? 1 : 0
      } else if (scalar == "'" || scalar == "\u{2019}") && !word.isEmpty && !apostrophe {
        apostrophe = true
      } else {
        finish()
      }
    }
    finish()
  }

  static func words(in text: String) -> [String] {
    var result: [String] = []
    each(in: text) { result.append($0) }
    return result
  }

  private enum Kind { case letter, digit }

  private static func kind(of scalar: Unicode.Scalar) -> Kind? {
    switch scalar.value {
    case 0x30...0x39: return .digit
    case 0x41...0x5A, 0x61...0x7A: return .letter
    case 0..<0x80: return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark: return .letter
    case .decimalNumber: return .digit
    default: return nil
    }
  }
}
