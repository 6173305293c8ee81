/// A word of Lua's text with the line on which it stands; comments and blanks are left out.
///
/// Lexical conventions: Lua 5.4 Reference Manual, section 3.1.
struct LuaToken: Equatable {
  enum Kind { case name, keyword, string, number, symbol }
  var kind: Kind
  /// Names, keywords and symbols as written; of a string its content, escapes as written.
  var text: String
  var line: Int

  static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return",
    "then", "true", "until", "while",
  ]
  private static let symbols = ["...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"].map { Array($0.utf8) }

  /// The words of a text. It is only read, not judged: what the compiler would refuse comes out somehow.
  static func all(in source: String) -> [LuaToken] {
    var lexer = LuaLexer(bytes: Array(source.utf8))
    return lexer.tokens()
  }

  private struct LuaLexer {
    let bytes: [UInt8]
    var at = 0
    var line = 1

    init(bytes: [UInt8]) { self.bytes = bytes }

    private func byte(_ offset: Int = 0) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }

    private static func isLetter(_ c: UInt8) -> Bool { (97...122).contains(c | 0x20) || c == 95 }
    private static func isDigit(_ c: UInt8) -> Bool { (48...57).contains(c) }

    mutating func tokens() -> [LuaToken] {
      var tokens: [LuaToken] = []
      if bytes.first == UInt8(ascii: "#") { skipLine() }
      while at < bytes.count {
        let c = byte()
        if c == 10 { line += 1 }
        if c <= 32 {
          at += 1
        } else if c == UInt8(ascii: "-"), byte(1) == c {
          at += 2
          if longOpening() == nil { skipLine() } else { _ = long() }
        } else {
          tokens.append(next())
        }
      }
      return tokens
    }

    private mutating func skipLine() { while at < bytes.count, byte() != 10 { at += 1 } }

    private mutating func next() -> LuaToken {
      let (start, first, c) = (at, line, byte())
      func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
      if Self.isLetter(c) {
        while Self.isLetter(byte()) || Self.isDigit(byte()) { at += 1 }
        let word = text(start..<at)
        return LuaToken(kind: LuaToken.keywords.contains(word) ? .keyword : .name, text: word, line: first)
      }
      if Self.isDigit(c) || c == UInt8(ascii: ".") && Self.isDigit(byte(1)) {
        while Self.isLetter(byte()) || Self.isDigit(byte()) || byte() == UInt8(ascii: ".")
          || [43, 45].contains(byte()) && [101, 112].contains(bytes[at - 1] | 0x20) && at > start
        { at += 1 }
        return LuaToken(kind: .number, text: text(start..<at), line: first)
      }
      if c == UInt8(ascii: "\"") || c == UInt8(ascii: "'") {
        at += 1
        while at < bytes.count, byte() != c, byte() != 10 { at += byte() == UInt8(ascii: "\\") ? 2 : 1 }
        let end = min(at, bytes.count)
        at = min(at + 1, bytes.count)
        return LuaToken(kind: .string, text: text(start + 1..<max(start + 1, end)), line: first)
      }
      if longOpening() != nil { return LuaToken(kind: .string, text: long(), line: first) }
      for symbol in symbols where bytes[at...].starts(with: symbol) {
        at += symbol.count
        return LuaToken(kind: .symbol, text: text(start..<at), line: first)
      }
      at += 1
      return LuaToken(kind: .symbol, text: text(start..<at), line: first)
    }

    /// How many equals signs a long bracket has that opens here; nil when none does.
    private func longOpening() -> Int? {
      guard byte() == UInt8(ascii: "[") else { return nil }
      var count = 0
      while byte(1 + count) == UInt8(ascii: "=") { count += 1 }
      return byte(1 + count) == UInt8(ascii: "[") ? count : nil
    }

    private mutating func long() -> String {
      let level = longOpening() ?? 0
      at += level + 2
      let start = at
      let close = [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
      while at < bytes.count, !bytes[at...].starts(with: close) {
        if byte() == 10 { line += 1 }
        at += 1
      }
      let end = min(at, bytes.count)
      at = min(at + close.count, bytes.count)
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }
  }
}
