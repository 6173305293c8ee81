/// What is left of an English word without its endings: `runs`, `running` and `run` are alike.
///
/// M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, step by step. It works on letters a to z; other words stay as they are.
package enum EnglishStem {
  package static func of(_ word: String) -> String {
    let bytes = Array(word.utf8)
    guard bytes.count > 2, bytes.allSatisfy({ (97...122).contains($0) }) else { return word }
    var stem = Word(letters: bytes)
    stem.strip()
    return String(decoding: stem.letters, as: UTF8.self)
  }

  private struct Word {
    var letters: [UInt8]

    mutating func strip() {
      plurals()
      pastAndProgressive()
      if ends("y"), hasVowel(1) { put("i", 1) }
      replace(Word.doubles, above: 0)
      replace(Word.derived, above: 0)
      remove()
      if ends("e") {
        let measure = measure(1)
        if measure > 1 || measure == 1 && !endsShort(1) { put("", 1) }
      }
      if ends("ll"), measure(1) > 1 { put("", 1) }
    }

    // MARK: - What a word is like

    private func ends(_ suffix: String) -> Bool { letters.count >= suffix.utf8.count && letters.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }

    private func isConsonant(_ index: Int) -> Bool {
      switch letters[index] {
      case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
      case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
      default: true
      }
    }

    /// How often a consonant follows a vowel in what is before the last `dropped` letters: Porter's m.
    private func measure(_ dropped: Int) -> Int {
      var (count, wasVowel) = (0, false)
      for index in 0..<(letters.count - dropped) {
        let isVowel = !isConsonant(index)
        if wasVowel, !isVowel { count += 1 }
        wasVowel = isVowel
      }
      return count
    }

    private func hasVowel(_ dropped: Int) -> Bool { (0..<(letters.count - dropped)).contains { !isConsonant($0) } }

    private var endsDouble: Bool {
      letters.count > 1 && letters[letters.count - 1] == letters[letters.count - 2] && isConsonant(letters.count - 1)
    }

    /// Consonant, vowel, consonant other than w, x and y before the last `dropped` letters.
    private func endsShort(_ dropped: Int) -> Bool {
      let last = letters.count - dropped - 1
      guard last >= 2, isConsonant(last), !isConsonant(last - 1), isConsonant(last - 2) else { return false }
      return !"wxy".utf8.contains(letters[last])
    }

    private mutating func put(_ end: String, _ dropped: Int) {
      letters.removeLast(dropped)
      letters += Array(end.utf8)
    }

    // MARK: - The steps

    private mutating func plurals() {
      if ends("sses") || ends("ies") { put("", 2) } else if !ends("ss"), ends("s") { put("", 1) }
    }

    private mutating func pastAndProgressive() {
      if ends("eed") {
        if measure(3) > 0 { put("", 1) }
        return
      }
      guard let dropped = ends("ed") ? 2 : ends("ing") ? 3 : nil, hasVowel(dropped) else { return }
      put("", dropped)
      if ends("at") || ends("bl") || ends("iz") {
        put("e", 0)
      } else if endsDouble, !ends("l"), !ends("s"), !ends("z") {
        put("", 1)
      } else if measure(0) == 1, endsShort(0) {
        put("e", 0)
      }
    }

    /// The first ending that the word has is exchanged, if enough of the word is before it.
    private mutating func replace(_ endings: [(String, String)], above least: Int) {
      guard let (ending, by) = endings.first(where: { ends($0.0) }), measure(ending.utf8.count) > least else { return }
      put(by, ending.utf8.count)
    }

    private mutating func remove() {
      guard let ending = Word.removed.first(where: ends), measure(ending.utf8.count) > 1 else { return }
      if ending == "ion" {
        let before = letters.count - 4
        guard before >= 0, "st".utf8.contains(letters[before]) else { return }
      }
      put("", ending.utf8.count)
    }

    private static let doubles = [
      ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"), ("alli", "al"), ("entli", "ent"),
      ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"),
      ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ]
    private static let derived = [
      ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
    ]
    private static let removed = [
      "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
    ]
  }
}
