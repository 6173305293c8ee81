extension Duration {
  // Not an initializer: beside those of Duration, Swift 6.3 takes the C library's `timespec` for one of another module.
  /// Reads a length of time as people write it: `90s`, `5m`, `2h`, `1d`, `250ms`, `1h30m`; a bare number is seconds. Nil for anything else, and
  /// for more than three centuries.
  package static func parsing(_ text: String) -> Duration? {
    let units: [Substring: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400]
    var seconds = 0.0
    var rest = text[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let word = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(word.count)
      let isBare = word.isEmpty && digits.count == text.count
      guard let number = Double(digits), let unit = isBare ? 1 : units[word] else { return nil }
      seconds += number * unit
    }
    guard seconds.isFinite, seconds < 1e10 else { return nil }
    return .microseconds(Int64((seconds * 1e6).rounded()))
  }
}
