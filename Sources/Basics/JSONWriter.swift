/// Appends JSON text to bytes: whole values, or an array or object piece by piece when it is too large to hold as a value.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.key("vector"); writer.floats([0.5, 1])
///     writer.endObject()                                   // {"vector":[0.5,1.0]}
///
/// Commas and colons come by themselves; that each begin has its end is the caller's promise.
/// Doubles are the shortest text that reads back as the same number, and keep their `.0` so that they stay doubles.
///
/// Precondition: numbers are finite, since JSON has no word for others. Whoever takes numbers from a script asks `JSON.checkFinite()`
/// first. A debug build stops at such a number; a release build writes `null`, because an answer with a hole beats no server.
package struct JSONWriter {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// The text so far, leaving the writer empty but in its place: what was begun is still open. For streams.
  package mutating func take() -> [UInt8] {
    let taken = bytes
    bytes = []
    return taken
  }

  // MARK: - Piece by piece

  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  package mutating func endObject() { close(UInt8(ascii: "}")) }
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  package mutating func endArray() { close(UInt8(ascii: "]")) }

  package mutating func key(_ name: String) {
    separate()
    append(quoted: name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func member(_ name: String, _ value: JSON) {
    key(name)
    self.value(value)
  }

  package mutating func value(_ value: JSON) {
    separate()
    append(value)
  }

  package mutating func string(_ value: String) {
    separate()
    append(quoted: value)
  }

  package mutating func int(_ value: Int64) {
    separate()
    append(value)
  }

  package mutating func double(_ value: Double) {
    separate()
    append(value)
  }

  /// A vector: an array of the shortest texts that read back as the same 32-bit floats, about half as long as those of doubles.
  package mutating func floats(_ values: some Sequence<Float>) {
    beginArray()
    for value in values {
      separate()
      append(finite: value.isFinite, value.description)
    }
    endArray()
  }

  /// JSON text that is known to be one whole value already, e.g. as it lies in the store.
  package mutating func raw(_ text: some Collection<UInt8>) {
    separate()
    bytes.append(contentsOf: text)
  }

  /// Bytes between values, such as the line breaks of JSON lines. No comma follows them.
  package mutating func gap(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    needsComma = false
  }

  // MARK: - Private

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func append(_ value: JSON) {
    switch value {
    case .null: append(word: "null")
    case .bool(let value): append(word: value ? "true" : "false")
    case .int(let value): append(value)
    case .double(let value): append(value)
    case .string(let value): append(quoted: value)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (i, element) in elements.enumerated() {
        if i > 0 { bytes.append(UInt8(ascii: ",")) }
        append(element)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (i, member) in object.members.enumerated() {
        if i > 0 { bytes.append(UInt8(ascii: ",")) }
        append(quoted: member.key)
        bytes.append(UInt8(ascii: ":"))
        append(member.value)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private mutating func append(word: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private mutating func append(_ value: Int64) {
    var magnitude = value.magnitude
    if magnitude < 10, value >= 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(magnitude))
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var first = 20
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
        magnitude /= 10
      } while magnitude > 0
      if value < 0 {
        first -= 1
        digits[first] = UInt8(ascii: "-")
      }
      bytes.append(contentsOf: digits[first...])
    }
  }

  private mutating func append(_ value: Double) { append(finite: value.isFinite, value.description) }

  private mutating func append(finite: Bool, _ text: String) {
    assert(finite, "JSON has no word for \(text); see JSON.checkFinite()")
    if finite { bytes.append(contentsOf: text.utf8) } else { append(word: "null") }
  }

  private mutating func append(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { characters in
      let raw = UnsafeRawBufferPointer(characters)
      var (copied, at) = (0, 0)
      while at < raw.count {
        // Eight plain characters at a time; what may not be plain is looked at by itself.
        if at + 8 <= raw.count, Self.isPlain(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) {
          at += 8
          continue
        }
        let byte = raw[at]
        if byte < 0x20 || byte == 0x22 || byte == 0x5C {
          bytes.append(contentsOf: raw[copied..<at])
          append(escaped: byte)
          copied = at + 1
        }
        at += 1
      }
      bytes.append(contentsOf: raw[copied...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// None of the eight bytes is a quote, a backslash or a control character; false also for some that are none.
  /// After "Determine if a word has a byte less than n / equal to n", S. E. Anderson, Bit Twiddling Hacks.
  @inline(__always)
  private static func isPlain(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
    let special = ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
    return special & (ones &* 0x80) == 0
  }

  private mutating func append(escaped byte: UInt8) {
    switch byte {
    case 0x22: append(word: "\\\"")
    case 0x5C: append(word: "\\\\")
    case 0x0A: append(word: "\\n")
    case 0x0D: append(word: "\\r")
    case 0x09: append(word: "\\t")
    default:
      append(word: "\\u00")
      for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
  }
}
