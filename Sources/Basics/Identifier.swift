/// Names for things: a prefix that says what it names, then base-62 characters, as `clust_4fJk2…`.
package enum Identifier {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// `prefix_` and 16 random characters (95 bits): never two alike.
  package static func make(_ prefix: String, _ surroundings: Surroundings) -> String {
    prefix + "_" + base62(surroundings.bytes(32), length: 16)
  }

  /// `prefix_`, nine characters of the instant and seven random ones: what is made one after the other lies together where names are kept in
  /// order, in every index that begins with them.
  package static func make(_ prefix: String, at now: Instant, _ surroundings: Surroundings) -> String {
    joined(prefix, (number(now), 9), (surroundings.random(), 7), (0, 0))
  }

  /// `prefix_` and 22 characters that follow from the parts, so that doing something again names it the same.
  package static func derived(_ prefix: String, from parts: String...) -> String {
    prefix + "_" + base62(SHA256.hash(parts.joined(separator: "\u{1f}").utf8), length: 22)
  }

  /// A number that follows from the parts.
  package static func derivedNumber(from parts: String...) -> UInt64 {
    SHA256.hash(parts.joined(separator: "\u{1f}").utf8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// `prefix_`, nine characters of one instant, seven of another and ten of a number: the same again for the same, and what belongs to the same
  /// time lies together where names are kept in order.
  package static func derived(_ prefix: String, at first: Instant, _ second: Instant, _ number: UInt64) -> String {
    joined(prefix, (self.number(first), 9), (self.number(second), 7), (number, 10))
  }

  /// `prefix_`, nine characters of the instant, five of a count, four random ones: sorts by time as text does.
  package static func ordered(_ prefix: String, at now: Instant, count: UInt64, _ surroundings: Surroundings) -> String {
    joined(prefix, (number(now), 9), (count, 5), (surroundings.random().byteSwapped, 4))
  }

  private static func number(_ instant: Instant) -> UInt64 { UInt64(max(0, instant.milliseconds)) }

  /// Three numbers behind the prefix, of each as many of its lowest digits as said.
  private static func joined(
    _ prefix: String, _ first: (number: UInt64, places: Int), _ second: (number: UInt64, places: Int), _ third: (number: UInt64, places: Int)
  ) -> String {
    let length = prefix.utf8.count + 1 + first.places + second.places + third.places
    return String(unsafeUninitializedCapacity: length) { text in
      var end = text.update(fromContentsOf: prefix.utf8)
      text[end] = UInt8(ascii: "_")
      end += 1
      for (number, places) in [first, second, third] {
        var rest = number
        for place in (end..<end + places).reversed() {
          text[place] = alphabet[Int(rest % 62)]
          rest /= 62
        }
        end += places
      }
      return end
    }
  }

  /// Reads the bytes as one large number and writes its lowest digits.
  package static func base62(_ bytes: [UInt8], length: Int) -> String {
    // The number in pieces of 32 bits, the highest first: one division takes four bytes.
    let count = (bytes.count + 3) / 4
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, count)) { number in
      number.initialize(repeating: 0)
      for (i, byte) in bytes.reversed().enumerated() { number[count - 1 - i / 4] |= UInt64(byte) << (8 * UInt64(i % 4)) }
      return String(unsafeUninitializedCapacity: length) { digits in
        for place in 0..<length {
          var remainder: UInt64 = 0
          for i in 0..<count {
            let value = remainder << 32 | number[i]
            number[i] = value / 62
            remainder = value % 62
          }
          digits[length - 1 - place] = alphabet[Int(remainder)]
        }
        return length
      }
    }
  }
}
