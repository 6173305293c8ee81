package import Basics

/// Where a page of documents ended: after a position in the order of insertion, or after so many of another order.
///
/// Written as 14 characters that mean nothing to callers: ten bytes (kind, number, check) in base64url without padding.
package enum Cursor: Equatable {
  case after(position: Int64)
  case skip(Int64)

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  package var text: String {
    let (kind, number): (UInt8, Int64) =
      switch self {
      case .after(let position): (1, position)
      case .skip(let count): (2, count)
      }
    var bytes = [kind] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    bytes.append(Self.check(bytes[...]))
    var (bits, held, characters): (UInt32, Int, [UInt8]) = (0, 0, [])
    for byte in bytes {
      (bits, held) = (bits << 8 | UInt32(byte), held + 8)
      while held >= 6 {
        held -= 6
        characters.append(Self.alphabet[Int(bits >> UInt32(held) & 63)])
      }
    }
    characters.append(Self.alphabet[Int(bits << UInt32(6 - held) & 63)])
    return String(decoding: characters, as: UTF8.self)
  }

  package init(_ text: String) throws(Problem) {
    var (bits, held, bytes): (UInt32, Int, [UInt8]) = (0, 0, [])
    for character in text.utf8.prefix(15) {
      guard let digit = Self.alphabet.firstIndex(of: character) else { throw Self.garbage(text) }
      (bits, held) = (bits << 6 | UInt32(digit), held + 6)
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    guard text.utf8.count == 14, bytes.count == 10, Self.check(bytes[..<9]) == bytes[9] else { throw Self.garbage(text) }
    let number = bytes[1..<9].reduce(Int64(0)) { $0 << 8 | Int64($1) }
    switch bytes[0] {
    case 1: self = .after(position: number)
    case 2 where number >= 0: self = .skip(number)
    default: throw Self.garbage(text)
    }
  }

  private static func check(_ bytes: ArraySlice<UInt8>) -> UInt8 { bytes.reduce(0x5A) { ($0 << 1 | $0 >> 7) ^ $1 } }

  private static func garbage(_ text: String) -> Problem {
    Problem(
      .invalid, "'\(text.prefix(40))' is not a cursor", hint: "Give the next_cursor of the page before, or leave it out for the first page",
      path: "cursor")
  }
}
