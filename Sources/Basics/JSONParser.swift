import Glibc

/// How much JSON text may ask of the reader: how deep it nests and how long it is.
package struct JSONLimits: Sendable {
  /// Arrays and objects inside each other.
  package var depth: Int
  package var bytes: Int

  package init(depth: Int, bytes: Int) {
    self.depth = depth
    self.bytes = bytes
  }

  /// 64 levels, 16 MiB: what the server takes from a client.
  package static let standard = JSONLimits(depth: 64, bytes: 16 << 20)
}

extension JSON {
  /// Reads one JSON text, strictly as RFC 8259 has it: no comments, no trailing commas, no NaN, UTF-8 only, no lone surrogates.
  ///
  /// Integers that fit are `.int`, larger ones and `-0` are `.double`, correctly rounded. Members keep their order; a key that comes
  /// twice is refused, because readers disagree about which one counts.
  /// Throws `.malformed` naming what was found at which byte, line and column, or `.tooLarge` for size and depth.
  package init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(Problem) {
    self = try Self.parse(bytes, limits).get()
  }

  package init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(Problem) {
    self = try bytes.withUnsafeBytes { Self.parse($0, limits) }.get()
  }

  package init(parsing text: String, limits: JSONLimits = .standard) throws(Problem) {
    var text = text
    self = try text.withUTF8 { Self.parse(UnsafeRawBufferPointer($0), limits) }.get()
  }

  private static func parse(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> Result<JSON, Problem> {
    JSONParser.read(bytes, limits) { parser throws(JSONFault) in try parser.value() }
  }
}

/// One pass over the bytes of a JSON text, by recursive descent. What is wrong is thrown as a small `JSONFault` and put into words at the entrance only.
///
/// `JSON(parsing:)` makes values of all of it. Where most of a text is to become something else, as vectors do, `read` lends the parser: each
/// of its methods takes the next value, whole, and what the text must not be is refused in the same words.
package struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let end: Int
  var at = 0
  private var depthLeft: Int
  /// How long the last vector was: the next one will be as long.
  package var vectorSize = 0
  private let powers: UnsafePointer<DecimalFloat.Power>
  private let tens: UnsafePointer<Double>

  init(_ bytes: UnsafeRawBufferPointer, depth: Int) {
    self.bytes = bytes
    end = bytes.count
    depthLeft = depth
    powers = DecimalFloat.powers
    tens = DecimalFloat.tens
  }

  /// Goes through one text, whose one value `body` takes.
  package static func read<T>(
    _ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits = .standard, _ body: (inout JSONParser) throws(JSONFault) -> T
  ) -> Result<T, Problem> {
    if bytes.count > limits.bytes {
      return .failure(
        Problem(
          .tooLarge, "the JSON text has \(bytes.count) bytes, and at most \(limits.bytes) are read", hint: "Send it in smaller parts.",
          details: ["limit_bytes": .int(limits.bytes)]))
    }
    var parser = JSONParser(bytes, depth: limits.depth)
    do throws(JSONFault) {
      return .success(try parser.document(body))
    } catch {
      return .failure(error.problem(in: bytes))
    }
  }

  private mutating func document<T>(_ body: (inout JSONParser) throws(JSONFault) -> T) throws(JSONFault) -> T {
    if end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { throw JSONFault(.byteOrderMark, 0) }
    skipSpace()
    let result = try body(&self)
    skipSpace()
    if at < end { throw JSONFault(.trailing, at) }
    return result
  }

  /// Whether the next value is an object.
  package var isAtObject: Bool { at < end && byte(at) == UInt8(ascii: "{") }
  /// Whether the next value is an array.
  package var isAtArray: Bool { at < end && byte(at) == UInt8(ascii: "[") }

  @inline(__always)
  private func byte(_ position: Int) -> UInt8 { bytes[position] }

  @inline(__always)
  mutating func skipSpace() {
    while at < end {
      switch byte(at) {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  @inline(__always)
  package mutating func value() throws(JSONFault) -> JSON {
    guard at < end else { throw JSONFault(.expectedValue, at) }
    switch byte(at) {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: throw JSONFault(.expectedValue, at)
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
    let count = word.utf8CodeUnitCount
    guard at + count <= end else { throw JSONFault(.expectedValue, at) }
    for i in 0..<count where byte(at + i) != word.utf8Start[i] { throw JSONFault(.expectedValue, at) }
    at += count
    return value
  }

  // MARK: - Containers

  private mutating func array() throws(JSONFault) -> [JSON] {
    var elements: [JSON] = []
    try array { parser throws(JSONFault) in elements.append(try parser.value()) }
    return elements
  }

  /// Goes through an array, whose elements `element` takes. Ask `isAtArray` first.
  @inline(__always)
  package mutating func array(_ element: (inout JSONParser) throws(JSONFault) -> Void) throws(JSONFault) {
    try enter()
    skipSpace()
    if at < end, byte(at) == UInt8(ascii: "]") { return leave() }
    _ = try elements(upTo: nil, element)
  }

  /// The elements of an array that has been entered, from here on; true when it has come to one that begins at `stop`, false behind the array's end.
  @inline(__always)
  mutating func elements(upTo stop: Int?, _ element: (inout JSONParser) throws(JSONFault) -> Void) throws(JSONFault) -> Bool {
    while true {
      skipSpace()
      if at == stop { return true }
      try element(&self)
      skipSpace()
      guard at < end else { throw JSONFault(.expectedCommaOrBracket, at) }
      switch byte(at) {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "]"):
        leave()
        return false
      default: throw JSONFault(.expectedCommaOrBracket, at)
      }
    }
  }

  private mutating func object() throws(JSONFault) -> JSONObject { try object { _, _ in nil } }

  /// Reads an object. `member` hears each key, and may take its value and give another for it; nil leaves it to be read. Ask `isAtObject` first.
  @inline(__always)
  package mutating func object(_ member: (inout JSONParser, String) throws(JSONFault) -> JSON?) throws(JSONFault) -> JSONObject {
    try enter()
    var members: [JSONObject.Member] = []
    // Alike is what Swift's strings call alike, canonical equivalence: JSONObject would find only the first of two such keys.
    // Few keys are compared with each other; many go into a set, so that an object of 100 000 keys is not 10^10 comparisons.
    var seen: Set<String> = []
    skipSpace()
    if at < end, byte(at) == UInt8(ascii: "}") {
      leave()
      return JSONObject(members: members)
    }
    while true {
      skipSpace()
      let keyStart = at
      guard at < end, byte(at) == UInt8(ascii: "\"") else { throw JSONFault(.expectedKey, at) }
      let key = try string()
      if members.count < 16 {
        for member in members where member.key == key { throw JSONFault(.duplicateKey(key), keyStart) }
      } else {
        if seen.isEmpty { seen = Set(members.lazy.map(\.key)) }
        guard seen.insert(key).inserted else { throw JSONFault(.duplicateKey(key), keyStart) }
      }
      skipSpace()
      guard at < end, byte(at) == UInt8(ascii: ":") else { throw JSONFault(.expectedColon, at) }
      at += 1
      skipSpace()
      let own = try member(&self, key)
      if let own { members.append(.init(key: key, value: own)) } else { members.append(.init(key: key, value: try value())) }
      skipSpace()
      guard at < end else { throw JSONFault(.expectedCommaOrBrace, at) }
      switch byte(at) {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "}"):
        leave()
        return JSONObject(members: members)
      default: throw JSONFault(.expectedCommaOrBrace, at)
      }
    }
  }

  mutating func enter() throws(JSONFault) {
    if depthLeft == 0 { throw JSONFault(.tooDeep, at) }
    depthLeft -= 1
    at += 1
  }

  private mutating func leave() {
    depthLeft += 1
    at += 1
  }

  // MARK: - Numbers

  @inline(__always)
  private func digit(_ position: Int) -> UInt64? {
    guard position < end else { return nil }
    let value = byte(position) &- UInt8(ascii: "0")
    return value <= 9 ? UInt64(value) : nil
  }

  private mutating func number() throws(JSONFault) -> JSON {
    let start = at
    let negative = byte(at) == UInt8(ascii: "-")
    if negative { at += 1 }
    // Up to 19 digits the mantissa is exact; beyond, it wraps and is not looked at.
    var mantissa: UInt64 = 0
    let firstDigit = at
    while let next = digit(at) {
      mantissa = mantissa &* 10 &+ next
      at += 1
    }
    var digits = at - firstDigit
    if digits == 0 { throw JSONFault(.expectedDigit, at) }
    if digits > 1, byte(firstDigit) == UInt8(ascii: "0") { throw JSONFault(.leadingZero, firstDigit) }

    var exponent = 0
    var isInteger = true
    if at < end, byte(at) == UInt8(ascii: ".") {
      isInteger = false
      at += 1
      let firstOfFraction = at
      while let next = digit(at) {
        mantissa = mantissa &* 10 &+ next
        at += 1
      }
      if at == firstOfFraction { throw JSONFault(.expectedDigit, at) }
      exponent = firstOfFraction - at
      digits -= exponent
    }
    if at < end, byte(at) | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      exponent += try writtenExponent()
    }

    if isInteger {
      if digits <= 19, mantissa <= UInt64(Int64.max) {
        if !negative { return .int(Int64(mantissa)) }
        return mantissa == 0 ? .double(-0.0) : .int(-Int64(mantissa))
      }
      if digits == 19, negative, mantissa == 1 << 63 { return .int(Int64.min) }
    }
    if digits > 19 {
      // Leading zeros, as in 0.000…1, do not use up the mantissa.
      var i = firstDigit
      while i < at, byte(i) == UInt8(ascii: "0") || byte(i) == UInt8(ascii: ".") {
        if byte(i) == UInt8(ascii: "0") { digits -= 1 }
        i += 1
      }
    }
    if digits <= 19, let value = DecimalFloat.double(mantissa, exponent, powers) { return .double(negative ? -value : value) }
    // The rare rest (20 digits and more, far exponents): the standard library's reader, correctly rounded and free of locales.
    guard let value = Double(String(decoding: bytes[start..<at], as: UTF8.self)), value.isFinite else { throw JSONFault(.hugeNumber, start) }
    return .double(value)
  }

  // MARK: - Vectors

  /// A vector as it mostly comes: an array of numbers, each rounded to the nearest double and then to the nearest 32-bit float, or base64 of
  /// little-endian floats. Nil, with nothing taken, for whatever else is there: `value` and `JSON.floats` know what to say of it.
  package mutating func floats() -> [Float]? {
    let start = at
    let found = isAtArray ? floatsOfArray() : at < end && byte(at) == UInt8(ascii: "\"") ? floatsOfText() : nil
    if let found {
      vectorSize = found.count
      return found
    }
    at = start
    return nil
  }

  private mutating func floatsOfArray() -> [Float]? {
    guard depthLeft > 0 else { return nil }
    at += 1
    var values: [Float] = []
    values.reserveCapacity(vectorSize)
    while true {
      skipSpace()
      guard let value = float() else { return nil }
      values.append(value)
      skipSpace()
      guard at < end else { return nil }
      switch byte(at) {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "]"):
        at += 1
        return values
      default: return nil
      }
    }
  }

  /// The next number; nil where it is none, or beyond what a 32-bit float can say. Signs come as they like: nothing here branches on one.
  @inline(__always)
  private mutating func float() -> Float? {
    let start = at
    guard at < end else { return nil }
    let negative = byte(at) == UInt8(ascii: "-")
    let sign: UInt32 = negative ? 1 : 0
    at += Int(sign)
    var mantissa: UInt64 = 0
    let firstDigit = at
    // Most numbers of vectors begin so.
    if at + 1 < end, byte(at) == UInt8(ascii: "0"), byte(at + 1) == UInt8(ascii: ".") { at += 1 } else { digits(into: &mantissa) }
    var count = at - firstDigit
    guard count > 0, count == 1 || byte(firstDigit) != UInt8(ascii: "0") else { return nil }
    var exponent = 0
    if at < end, byte(at) == UInt8(ascii: ".") {
      at += 1
      let firstOfFraction = at
      digits(into: &mantissa)
      exponent = firstOfFraction - at
      if exponent == 0 { return nil }
      count -= exponent
    }
    if count <= 18, at < end, byte(at) == UInt8(ascii: ",") || byte(at) == UInt8(ascii: "]") || byte(at) == 0x20 {
      if let value = DecimalFloat.quotient(mantissa, exponent, tens) { return Float(bitPattern: Float(value).bitPattern | sign << 31) }
      // Larger whole numbers are rounded once, without a double between.
      if exponent < 0, let value = DecimalFloat.double(mantissa, exponent, powers) {
        return Float(bitPattern: Float(value).bitPattern | sign << 31)
      }
    }
    at = start
    return rareFloat()
  }

  /// The next number, read the longer way.
  private mutating func rareFloat() -> Float? {
    guard at < end, byte(at) == UInt8(ascii: "-") || digit(at) != nil, let read = try? number() else { return nil }
    let value = if case .int(let whole) = read { Float(whole) } else { read.double.map { Float($0) } ?? .nan }
    return value.isFinite ? value : nil
  }

  /// Digits as far as they go, eight at a time, and those of the last eight at once, too; what they say wraps behind the nineteenth.
  @inline(__always)
  private mutating func digits(into mantissa: inout UInt64) {
    while at + 8 <= end {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      // A digit's upper half is 3, also with 6 added; what a byte carries into the next one matters not, since it is no digit itself.
      let others = ((word ^ 0x3030_3030_3030_3030) | ((word &+ 0x0606_0606_0606_0606) ^ 0x3030_3030_3030_3030)) & 0xF0F0_F0F0_F0F0_F0F0
      if others == 0 {
        mantissa = mantissa &* 100_000_000 &+ Self.eightDigits(word &- 0x3030_3030_3030_3030)
        at += 8
        continue
      }
      let count = others.trailingZeroBitCount >> 3
      // Nothing stays of what is shifted out, and the zeros that come in are leading ones.
      let last = count == 0 ? 0 : (word ^ 0x3030_3030_3030_3030) << UInt64(64 - 8 * count)
      mantissa = mantissa &* UInt64(tens[count]) &+ Self.eightDigits(last)
      at += count
      return
    }
    while let next = digit(at) {
      mantissa = mantissa &* 10 &+ next
      at += 1
    }
  }

  /// Eight digits, the first in the lowest byte, without a loop: pairs, then fours, then all are put together in one register.
  /// After Lemire, "Quickly parsing eight digits" (2022).
  @inline(__always)
  private static func eightDigits(_ digits: UInt64) -> UInt64 {
    let pairs = digits &* 10 &+ (digits >> 8)
    let fours = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064 &+ ((pairs >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return fours >> 32
  }

  private mutating func floatsOfText() -> [Float]? {
    guard let base = bytes.baseAddress, let closing = memchr(base + at + 1, Int32(UInt8(ascii: "\"")), end - at - 1) else { return nil }
    let count = UnsafeRawPointer(closing) - (base + at + 1)
    // An escape is not of the alphabet, so a text with one is no vector here.
    guard let values = Base64.floats(UnsafeRawBufferPointer(start: base + at + 1, count: count)), values.allSatisfy(\.isFinite) else { return nil }
    at += count + 2
    return values
  }

  /// Reads `e+12`; an exponent beyond all doubles is cut to a million, which is still beyond them.
  private mutating func writtenExponent() throws(JSONFault) -> Int {
    at += 1
    var negative = false
    if at < end, byte(at) == UInt8(ascii: "-") || byte(at) == UInt8(ascii: "+") {
      negative = byte(at) == UInt8(ascii: "-")
      at += 1
    }
    guard digit(at) != nil else { throw JSONFault(.expectedDigit, at) }
    var exponent = 0
    while let next = digit(at) {
      exponent = min(exponent * 10 + Int(next), 1_000_000)
      at += 1
    }
    return negative ? -exponent : exponent
  }

  // MARK: - Strings

  private mutating func string() throws(JSONFault) -> String {
    let opening = at
    at += 1
    let start = at
    var isASCII = true
    while at < end {
      // Eight plain characters at a time; the first that is not plain is looked at by itself.
      while at + 8 <= end, Self.isPlain(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) { at += 8 }
      guard at < end else { break }
      switch byte(at) {
      case UInt8(ascii: "\""):
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<at])
        at += 1
        if isASCII { return String(decoding: content, as: UTF8.self) }
        guard let text = String(validating: content, as: UTF8.self) else { throw JSONFault(.notUTF8, start + content.firstInvalidUTF8) }
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start, opening: opening)
      case 0..<0x20: throw JSONFault(.controlCharacter, at)
      case 0x80...: isASCII = false
      default: break
      }
      at += 1
    }
    throw JSONFault(.unclosedString, opening)
  }

  /// None of the eight bytes is a quote, a backslash, a control character or beyond ASCII.
  /// After "Determine if a word has a byte less than n / equal to n", S. E. Anderson, Bit Twiddling Hacks.
  @inline(__always)
  private static func isPlain(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let special = (word &- ones &* 0x20) | (quote &- ones) | (backslash &- ones) | word
    return special & (ones &* 0x80) == 0
  }

  /// The rest of a string in which a backslash was met at `at`.
  private mutating func escapedString(from start: Int, opening: Int) throws(JSONFault) -> String {
    var text = [UInt8](bytes[start..<at])
    while at < end {
      let next = byte(at)
      switch next {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          // Escapes are ASCII, so the bytes as they were sent are wrong in the same place.
          throw JSONFault(.notUTF8, start + UnsafeRawBufferPointer(rebasing: bytes[start..<at]).firstInvalidUTF8)
        }
        at += 1
        return result
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw JSONFault(.controlCharacter, at)
      default:
        text.append(next)
        at += 1
      }
    }
    throw JSONFault(.unclosedString, opening)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
    let backslash = at
    guard at + 1 < end else { throw JSONFault(.badEscape, backslash) }
    at += 2
    switch byte(backslash + 1) {
    case UInt8(ascii: "\""): text.append(0x22)
    case UInt8(ascii: "\\"): text.append(0x5C)
    case UInt8(ascii: "/"): text.append(0x2F)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourHexDigits(of: backslash)
      if code & 0xFC00 == 0xD800 {
        guard at + 1 < end, byte(at) == UInt8(ascii: "\\"), byte(at + 1) == UInt8(ascii: "u") else { throw JSONFault(.loneSurrogate, backslash) }
        at += 2
        let low = try fourHexDigits(of: at - 2)
        guard low & 0xFC00 == 0xDC00 else { throw JSONFault(.loneSurrogate, backslash) }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw JSONFault(.loneSurrogate, backslash) }
      text.append(contentsOf: String(Character(scalar)).utf8)
    default: throw JSONFault(.badEscape, backslash)
    }
  }

  private mutating func fourHexDigits(of backslash: Int) throws(JSONFault) -> UInt32 {
    guard at + 4 <= end else { throw JSONFault(.badEscape, backslash) }
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit = byte(at)
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(digit - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32((digit | 0x20) - 0x57)
      default: throw JSONFault(.badEscape, backslash)
      }
      at += 1
    }
    return code
  }
}
