/// What is wrong with a JSON text, and at which byte. Small, because it is thrown through the parser's fast paths.
package struct JSONFault: Error {
  enum Kind {
    case byteOrderMark, trailing, expectedValue, expectedCommaOrBracket, expectedCommaOrBrace, expectedKey, expectedColon
    case expectedDigit, leadingZero, hugeNumber
    case notUTF8, controlCharacter, unclosedString, badEscape, loneSurrogate
    case duplicateKey(String)
    case tooDeep
  }

  var kind: Kind
  var offset: Int

  init(_ kind: Kind, _ offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  func problem(in bytes: UnsafeRawBufferPointer) -> Problem {
    let (line, column) = place(in: bytes)
    let (fact, hint) = words(found: found(in: bytes))
    var kind = Problem.Kind.malformed
    if case .tooDeep = self.kind { kind = .tooLarge }
    return Problem(
      kind, "\(fact) at byte \(offset) (line \(line), column \(column)) of the JSON text", hint: hint,
      details: ["byte_offset": .int(offset), "line": .int(line), "column": .int(column)])
  }

  private func words(found: String) -> (fact: String, hint: String?) {
    switch kind {
    case .byteOrderMark: ("a byte order mark", "Send UTF-8 without it.")
    case .trailing: ("\(found) after the end of the value", "Send one JSON value, and nothing behind it.")
    case .expectedValue where found == "']'" || found == "'}'": ("expected a value, found \(found)", "Leave out the comma before it.")
    case .expectedValue where found == "'''": ("expected a value, found \(found)", "JSON takes \" for quotes.")
    case .expectedValue where found.hasPrefix("'N") || found.hasPrefix("'I"):
      ("expected a value, found \(found)", "JSON has no NaN and no Infinity: write null, or leave the field out.")
    case .expectedValue: ("expected a value, found \(found)", nil)
    case .expectedCommaOrBracket: ("expected ',' or ']', found \(found)", nil)
    case .expectedCommaOrBrace: ("expected ',' or '}', found \(found)", nil)
    case .expectedKey where found == "'}'": ("expected a key, found \(found)", "Leave out the comma before it.")
    case .expectedKey: ("expected a key in double quotes, found \(found)", "Write keys like this: {\"name\": 1}.")
    case .expectedColon: ("expected ':' after the key, found \(found)", nil)
    case .expectedDigit: ("expected a digit, found \(found)", "Numbers look like 0, -1.5 or 2e10.")
    case .leadingZero: ("a number with a leading zero", "Write 7, not 07.")
    case .hugeNumber: ("a number too large for a 64-bit float", "The largest is about 1.8e308.")
    case .notUTF8: ("\(found), which is not UTF-8,", "Encode the text as UTF-8.")
    case .controlCharacter: ("\(found) inside a string", "Write control characters as \\n, \\t or \\u0001.")
    case .unclosedString: ("a string that is never closed", nil)
    case .badEscape: ("an unknown escape", "Known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits.")
    case .loneSurrogate: ("half of a surrogate pair", "Write characters beyond U+FFFF as two escapes, e.g. \\ud83d\\ude00.")
    case .duplicateKey(let key): ("the key \"\(key)\" a second time", "Give each key once.")
    case .tooDeep: ("arrays and objects nested too deep", "Flatten the value.")
    }
  }

  /// The byte at the place of the fault, in words.
  private func found(in bytes: UnsafeRawBufferPointer) -> String {
    guard offset < bytes.count else { return "the end of the text" }
    let byte = bytes[offset]
    switch byte {
    case 0x21...0x7E: return "'\(Character(Unicode.Scalar(byte)))'"
    case 0x0A: return "a line break"
    case 0x20: return "a space"
    default:
      let hex = String(byte, radix: 16, uppercase: true)
      return "the byte 0x\(hex.count < 2 ? "0" : "")\(hex)"
    }
  }

  /// Line and column, both from 1; a column is a character (a Unicode scalar), as editors count.
  private func place(in bytes: UnsafeRawBufferPointer) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes[..<min(offset, bytes.count)] {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}

extension UnsafeRawBufferPointer {
  /// Where the first byte stands that cannot be part of UTF-8; the count when all is well.
  var firstInvalidUTF8: Int {
    var decoder = UTF8()
    var iterator = makeIterator()
    var position = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): position += UTF8.width(scalar)
      case .emptyInput: return count
      case .error: return position
      }
    }
  }
}
