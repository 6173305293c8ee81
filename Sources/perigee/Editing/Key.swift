/// A key as a terminal sends it.
enum Key: Equatable, Sendable {
  case character(Character)
  case enter, tab, backspace, delete
  case left, right, up, down, home, end, wordLeft, wordRight
  /// Ctrl and a letter, in lower case.
  case control(Character)
  /// Bytes that mean nothing here.
  case unknown
}

/// Turns a terminal's bytes into keys; escape sequences as ECMA-48 and xterm's "ctlseqs" have them.
struct KeyReader {
  private var pending: [UInt8] = []

  /// Takes a byte, and answers with a key when one is complete.
  mutating func feed(_ byte: UInt8) -> Key? {
    pending.append(byte)
    guard let key = recognised() else { return nil }
    pending.removeAll()
    return key
  }

  private func recognised() -> Key? {
    let first = pending[0]
    switch first {
    case 0x1B: return sequence()
    case 0x0D, 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F, 0x08: return .backspace
    case 0x01...0x1A: return .control(Character(Unicode.Scalar(first + 0x60)))
    case ..<0x20: return .unknown
    case ..<0x80: return .character(Character(Unicode.Scalar(first)))
    default: return multibyte(first)
    }
  }

  private func multibyte(_ first: UInt8) -> Key? {
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
    guard pending.count >= length else { return nil }
    let text = String(decoding: pending, as: UTF8.self)
    return text.count == 1 && text != "\u{FFFD}" ? text.first.map(Key.character) : .unknown
  }

  private func sequence() -> Key? {
    guard pending.count > 1 else { return nil }
    switch pending[1] {
    case UInt8(ascii: "b"): return .wordLeft
    case UInt8(ascii: "f"): return .wordRight
    case UInt8(ascii: "["), UInt8(ascii: "O"): break
    default: return .unknown
    }
    guard pending.count > 2, let last = pending.last else { return nil }
    // Parameters are digits and semicolons; the first other byte ends the sequence.
    guard (0x40...0x7E).contains(last) else { return pending.count > 16 ? .unknown : nil }
    let parameters = String(decoding: pending[2..<(pending.count - 1)], as: UTF8.self)
    switch (last, parameters) {
    case (UInt8(ascii: "A"), _): return .up
    case (UInt8(ascii: "B"), _): return .down
    case (UInt8(ascii: "C"), "1;5"), (UInt8(ascii: "C"), "1;3"): return .wordRight
    case (UInt8(ascii: "D"), "1;5"), (UInt8(ascii: "D"), "1;3"): return .wordLeft
    case (UInt8(ascii: "C"), _): return .right
    case (UInt8(ascii: "D"), _): return .left
    case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): return .home
    case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): return .end
    case (UInt8(ascii: "~"), "3"): return .delete
    default: return .unknown
    }
  }
}
