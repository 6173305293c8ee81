import Basics

/// Reads the fields of a cron expression and says of a wrong one which field, which column, what stands there and what could.
///
/// The grammar is Vixie cron's with the day extensions of Quartz (`L`, `LW`, `nW`, `n#k`, `nL`), but with cron's weekday numbers.
/// `?`, which Quartz wants in one of the day fields, is read there as `*`; croner, croniter and robfig/cron do the same.
struct CronParser {
  static let path = "cron_expression"
  /// Every value of all six fields, written out, takes 430 bytes.
  static let longest = 1024

  static let macros: [(name: String, meaning: String)] = [
    ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
  ]

  private let bytes: [UInt8]

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Six fields, seconds first; of five the second is 0. `words` counts the fields that were written.
  static func parse(_ text: String) throws(Problem) -> (fields: [CronField], words: Int) {
    let parser = CronParser(bytes: Array(text.utf8))
    try parser.checkCharacters(text)
    let words = parser.words()
    if let first = words.first, parser.bytes[first.lowerBound] == UInt8(ascii: "@") {
      return (try parse(try parser.macro(words)).fields, 5)
    }
    try parser.checkCount(words)
    var fields: [CronField] = []
    if words.count == 5 { fields.append(CronField(place: .second, text: "0", column: 1, items: [.range(0, 0, step: 1)])) }
    for (place, word) in zip(CronField.Place.allCases.suffix(words.count), words) { fields.append(try parser.field(word, at: place)) }
    return (fields, words.count)
  }

  // MARK: - The whole

  private func checkCharacters(_ text: String) throws(Problem) {
    if bytes.count > Self.longest {
      throw problem(
        "is \(bytes.count) bytes long; the longest allowed is \(Self.longest)", hint: "Use ranges and steps, e.g. \"*/5 9-17 * * 1-5\".", at: 0)
    }
    guard let offset = bytes.firstIndex(where: { $0 != 9 && ($0 < 32 || $0 > 126) }) else { return }
    let what = bytes[offset] < 32 || bytes[offset] == 127 ? "a control character" : "a character that is not ASCII"
    throw problem(
      "has \(what) at column \(column(offset))", hint: "Write plain digits, letters and * , - / # on one line, e.g. \"0 2 * * *\".", at: offset)
  }

  private func words() -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    for (offset, byte) in bytes.enumerated() {
      let blank = byte == 32 || byte == 9
      if !blank, start == nil { start = offset }
      if blank, let begun = start {
        words.append(begun..<offset)
        start = nil
      }
    }
    if let start { words.append(start..<bytes.count) }
    return words
  }

  private func checkCount(_ words: [Range<Int>]) throws(Problem) {
    let five = "Write five fields: minute hour day month weekday, e.g. \"0 2 * * *\"; or six, seconds first."
    guard let first = words.first else { throw problem("is empty", hint: five, at: 0) }
    let opening = string(first)
    if opening.hasPrefix("TZ=") || opening.hasPrefix("CRON_TZ=") {
      throw problem(
        "begins with the zone '\(shown(first))'", hint: "Write the zone into 'timezone', and here only the five fields.", at: first.lowerBound)
    }
    if words.count == 5 || words.count == 6 { return }
    if words.count == 1, let macro = Suggestion.nearest(to: "@" + opening, in: Self.macros.map(\.name)) {
      throw problem("has 1 field, '\(shown(first))'", hint: five, at: first.lowerBound, didYouMean: macro)
    }
    let hint = words.count == 7 ? "There is no year field. " + five : five
    throw problem(
      "has \(words.count) \(words.count == 1 ? "field" : "fields"), '\(shown(first.lowerBound..<words[words.count - 1].upperBound))'", hint: hint,
      at: first.lowerBound)
  }

  private func macro(_ words: [Range<Int>]) throws(Problem) -> String {
    let word = words[0]
    let name = string(word).lowercased()
    if words.count == 1, let macro = Self.macros.first(where: { $0.name == name }) { return macro.meaning }
    let known = Self.macros.map(\.name)
    switch name {
    case "@reboot":
      throw problem(
        "has '@reboot', which is an event and not a time", hint: "Set on_start instead, and write the times here, e.g. \"@daily\".",
        at: word.lowerBound)
    case "@every":
      throw problem(
        "has '@every', which is an interval", hint: "Use trigger_type \"interval\" with interval_seconds, or e.g. \"*/5 * * * *\".",
        at: word.lowerBound)
    case let name where known.contains(name):
      throw problem("has more after '\(shown(word))'", hint: "Write the macro alone.", at: words[1].lowerBound)
    default:
      throw problem(
        "has the unknown macro '\(shown(word))'", hint: "Write one of " + known.joined(separator: ", ") + ".", at: word.lowerBound,
        didYouMean: Suggestion.nearest(to: name, in: known))
    }
  }

  // MARK: - One field

  private func field(_ word: Range<Int>, at place: CronField.Place) throws(Problem) -> CronField {
    if word.count == 1, bytes[word.lowerBound] == UInt8(ascii: "?"), place == .dayOfMonth || place == .dayOfWeek {
      return CronField(place: place, text: "*", column: column(word.lowerBound), items: [.every(step: 1)])
    }
    var items: [CronField.Item] = []
    var start = word.lowerBound
    while start <= word.upperBound {
      let end = bytes[start..<word.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? word.upperBound
      var item = CronItemParser(place: place, bytes: bytes, word: start..<end)
      do { items.append(try item.parse()) } catch {
        throw problem(
          "has '\(shown(start..<end))' in \(place.rawValue) (column \(column(error.offset))): \(error.reason)", hint: error.hint ?? place.advice,
          at: error.offset, place: place, value: shown(start..<end), didYouMean: error.didYouMean)
      }
      start = end + 1
    }
    return CronField(place: place, text: string(word), column: column(word.lowerBound), items: items)
  }

  // MARK: - Saying what is wrong

  private func problem(
    _ message: String, hint: String, at offset: Int, place: CronField.Place? = nil, value: String? = nil, didYouMean: String? = nil
  ) -> Problem {
    var details: [String: JSON] = ["column": .int(column(offset))]
    if let place { details["field"] = .string(place.rawValue) }
    if let value { details["value"] = .string(value) }
    return Problem(.invalid, "cron_expression " + message, hint: hint, path: Self.path, didYouMean: didYouMean, details: details)
  }

  /// Characters, not bytes, counted from 1.
  private func column(_ offset: Int) -> Int { bytes.prefix(offset).count { $0 & 0xC0 != 0x80 } + 1 }

  private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// A value for a message: whole if it is short.
  private func shown(_ range: Range<Int>) -> String { range.count <= 40 ? string(range) : string(range.lowerBound..<range.lowerBound + 40) + "…" }
}
