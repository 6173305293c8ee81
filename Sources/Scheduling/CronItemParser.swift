import Basics

/// Reads one entry of a cron field's list: `*/5`, `MON-FRI`, `5#2`, `LW`.
struct CronItemParser {
  /// What is wrong, and at which byte of the expression.
  struct Failure: Error {
    var reason: String
    var offset: Int
    var hint: String?
    var didYouMean: String?
  }

  let place: CronField.Place
  let bytes: [UInt8]
  let word: Range<Int>
  private var at: Int

  init(place: CronField.Place, bytes: [UInt8], word: Range<Int>) {
    self.place = place
    self.bytes = bytes
    self.word = word
    at = word.lowerBound
  }

  mutating func parse() throws(Failure) -> CronField.Item {
    guard let first = peek else { throw failure("an entry is empty", hint: "Remove the extra comma. " + place.advice) }
    let item: CronField.Item
    switch first {
    case UInt8(ascii: "*"):
      at += 1
      item = .every(step: try step() ?? 1)
    case UInt8(ascii: "?"):
      let days = "'?' may only stand alone in day_of_month or day_of_week"
      throw failure(days, hint: "Write \"*\" for every \(place.rawValue).")
    case UInt8(ascii: "-"):
      throw failure("a negative number, or the start of the range is missing")
    case UInt8(ascii: "L"), UInt8(ascii: "l"):
      item = try last()
    default:
      item = try value()
    }
    if let extra = peek { throw failure("unexpected '\(String(UnicodeScalar(extra)))'") }
    return item
  }

  // MARK: - The kinds of entries

  /// `L` or `LW`: only the day of the month knows them.
  private mutating func last() throws(Failure) -> CronField.Item {
    guard place == .dayOfMonth else {
      if place == .dayOfWeek { throw failure("'L' needs a weekday before it", hint: "Write e.g. \"5L\" for the last Friday of the month.") }
      return try value()
    }
    at += 1
    if take("W") { return .lastWeekday }
    if peek == UInt8(ascii: "-") {
      throw failure("days before the last cannot be counted", hint: "Write \"L\" for the last day, or a fixed day such as \"28\".")
    }
    return .last
  }

  private mutating func value() throws(Failure) -> CronField.Item {
    let start = at
    let low = try number()
    switch peek {
    case UInt8(ascii: "-"):
      at += 1
      let high = try number()
      if high < low {
        throw failure("the range runs backwards", at: start, hint: forwards(low, high))
      }
      return .range(low, high, step: try step() ?? 1)
    case UInt8(ascii: "/"):
      return .onward(from: place == .dayOfWeek ? low % 7 : low, step: try step() ?? 1)
    case UInt8(ascii: "W"), UInt8(ascii: "w"):
      guard place == .dayOfMonth else { break }
      at += 1
      return .nearestWeekday(to: low)
    case UInt8(ascii: "#"):
      guard place == .dayOfWeek else { break }
      at += 1
      let start = at
      let count = try digits(what: "the week after '#'")
      guard (1...5).contains(count) else {
        throw failure("a month has no such week", at: start, hint: "Write 1 to 5 after '#', e.g. \"5#2\" for the second Friday.")
      }
      return .nth(count, weekday: low % 7)
    case UInt8(ascii: "L"), UInt8(ascii: "l"):
      guard place == .dayOfWeek else { break }
      at += 1
      return .lastOf(weekday: low % 7)
    default: break
    }
    return .range(low, low, step: 1)
  }

  /// How to write a range that goes over the end of the field.
  private func forwards(_ low: Int, _ high: Int) -> String {
    let end = place.range.upperBound
    let start = place.range.lowerBound
    if place == .dayOfWeek, high == 0 { return low == 6 ? "Write \"6,0\", or \"6-7\": Sunday is also 7." : "Write \"\(low)-7\": Sunday is also 7." }
    let tail = low == end ? "\(end)" : "\(low)-\(end)"
    let head = high == start ? "\(start)" : "\(start)-\(high)"
    return "Write \"\(high)-\(low)\", or \"\(tail),\(head)\" if it should go over the end."
  }

  private mutating func step() throws(Failure) -> Int? {
    guard take("/") else { return nil }
    let start = at
    let step = try digits(what: "the step after '/'")
    if step == 0 { throw failure("a step of 0 never gets on", at: start, hint: "Write a step from 1, e.g. \"*/5\".") }
    return step
  }

  // MARK: - Numbers and names

  private mutating func number() throws(Failure) -> Int {
    let start = at
    if let byte = peek, isLetter(byte) { return try name() }
    let number = try digits(what: "a number")
    guard place.writable.contains(number) else {
      throw failure("outside \(place.writable.lowerBound) to \(place.writable.upperBound)", at: start)
    }
    return number
  }

  /// Nine digits are enough to be out of every range, and too few to overflow.
  private mutating func digits(what: String) throws(Failure) -> Int {
    let start = at
    var number = 0
    while let byte = peek, byte >= 48, byte <= 57 {
      number = min(number * 10 + Int(byte - 48), 999_999_999)
      at += 1
    }
    if at == start { throw failure(peek == nil ? "\(what) is missing" : "\(what) was expected") }
    return number
  }

  private mutating func name() throws(Failure) -> Int {
    let start = at
    while let byte = peek, isLetter(byte) { at += 1 }
    // "FRIL" is FRI and the L of "last".
    if place == .dayOfWeek, at - start == 4, bytes[at - 1] | 0x20 == UInt8(ascii: "l") { at -= 1 }
    let name = String(decoding: bytes[start..<at], as: UTF8.self).uppercased()
    if let index = place.names.firstIndex(of: name) { return place.range.lowerBound + index }
    at = start
    if place.names.isEmpty { throw failure("this field takes numbers") }
    if let other = [CronField.Place.month, .dayOfWeek].first(where: { $0 != place && $0.names.contains(name) }) {
      throw failure("\(name) belongs into \(other.rawValue)", hint: "The order is minute hour day month weekday, e.g. \"0 2 * JAN MON\".")
    }
    let near = place.names.first { name.hasPrefix($0) } ?? Suggestion.nearest(to: name, in: place.names)
    throw failure("not a name of a \(place == .month ? "month" : "weekday")", didYouMean: near)
  }

  private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
  private var peek: UInt8? { at < word.upperBound ? bytes[at] : nil }

  /// Takes this letter in either case.
  private mutating func take(_ letter: Unicode.Scalar) -> Bool {
    guard let byte = peek, byte == UInt8(ascii: letter) || byte == UInt8(ascii: letter) | 0x20 else { return false }
    at += 1
    return true
  }

  private func failure(_ reason: String, at offset: Int? = nil, hint: String? = nil, didYouMean: String? = nil) -> Failure {
    Failure(reason: reason, offset: offset ?? at, hint: hint, didYouMean: didYouMean)
  }
}
