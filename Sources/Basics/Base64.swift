/// Bytes as text in the alphabet of RFC 4648, section 4, with padding.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  /// The six bits of each character; 255 for one that is not of the alphabet.
  private static let values = alphabet.enumerated().reduce(into: [UInt8](repeating: 255, count: 256)) { $0[Int($1.element)] = UInt8($1.offset) }

  package static func text(_ bytes: [UInt8]) -> String {
    var characters: [UInt8] = []
    characters.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let piece = bytes[start..<min(start + 3, bytes.count)]
      let bits = piece.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - piece.count))
      for place in 0..<4 {
        characters.append(place <= piece.count ? alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: characters, as: UTF8.self)
  }

  /// Nil for what is not base64; missing padding is forgiven.
  package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8)
    return characters.withUnsafeBytes { text in
      guard let count = significant(text) else { return nil }
      var isGood = false
      let bytes = [UInt8](unsafeUninitializedCapacity: count / 4 * 3 + 2) { place, written in
        isGood = decode(text, count, to: UnsafeMutableRawBufferPointer(place), &written)
      }
      return isGood ? bytes : nil
    }
  }

  /// The 32-bit floats, little-endian, that a text stands for, finite or not; nil for what is not base64 of whole ones.
  static func floats(_ text: UnsafeRawBufferPointer) -> [Float]? {
    guard let count = significant(text), count * 3 / 4 % 4 == 0 else { return nil }
    var isGood = false
    let floats = [Float](unsafeUninitializedCapacity: count * 3 / 16) { place, written in
      var bytes = 0
      isGood = decode(text, count, to: UnsafeMutableRawBufferPointer(place), &bytes)
      written = bytes / 4
      #if _endian(big)
        for i in 0..<written { place[i] = Float(bitPattern: place[i].bitPattern.byteSwapped) }
      #endif
    }
    return isGood ? floats : nil
  }

  /// How many characters say something, which is all but the padding; nil when base64 never has so many.
  private static func significant(_ text: UnsafeRawBufferPointer) -> Int? {
    let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let count = text.count - padding
    return padding <= 2 && (padding == 0 || text.count % 4 == 0) && count % 4 != 1 ? count : nil
  }

  /// Writes what `count` characters stand for to a place with room for it; false when one of them is not of the alphabet.
  private static func decode(_ text: UnsafeRawBufferPointer, _ count: Int, to place: UnsafeMutableRawBufferPointer, _ written: inout Int) -> Bool {
    values.withUnsafeBufferPointer { values in
      @inline(__always) func bits(_ position: Int) -> UInt32 { UInt32(values[Int(text[position])]) }
      var position = 0
      while position + 4 <= count {
        let (a, b, c, d) = (bits(position), bits(position + 1), bits(position + 2), bits(position + 3))
        // What is not of the alphabet has bits beyond the sixth.
        if (a | b | c | d) > 63 { return false }
        let word = a << 18 | b << 12 | c << 6 | d
        place[written] = UInt8(truncatingIfNeeded: word >> 16)
        place[written + 1] = UInt8(truncatingIfNeeded: word >> 8)
        place[written + 2] = UInt8(truncatingIfNeeded: word)
        written += 3
        position += 4
      }
      guard position < count else { return true }
      let (a, b, c) = (bits(position), bits(position + 1), position + 2 < count ? bits(position + 2) : 0)
      if (a | b | c) > 63 { return false }
      place[written] = UInt8(truncatingIfNeeded: a << 2 | b >> 4)
      written += 1
      if position + 2 < count {
        place[written] = UInt8(truncatingIfNeeded: b << 4 | c >> 2)
        written += 1
      }
      return true
    }
  }
}
