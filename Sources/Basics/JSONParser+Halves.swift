import Glibc

extension JSONParser {
  /// Shorter texts are read before another thread has begun. Tests take less.
  @TaskLocal package static var worthHalving = 256 << 10

  /// Goes through an array, a long one of objects on two threads: the second begins at an object near the middle, or what looks like one. If the first
  /// comes to the very same place as to an element of the array, it was one, and what the second has read of the rest is what the first would have
  /// read; if not, the first goes on by itself. So the outcome, faults and their places too, is that of `array`. Ask `isAtArray` first.
  package mutating func arrayInHalves<Element: Sendable>(
    _ element: @escaping @Sendable (inout JSONParser) throws(JSONFault) -> Element
  ) throws(JSONFault) -> [Element] {
    var elements: [Element] = []
    guard let middle = likelyElement(from: at + (end - at) / 2) else {
      try array { parser throws(JSONFault) in elements.append(try element(&parser)) }
      return elements
    }
    try enter()
    let inside = Position(parser: self)
    let rest = Errand { () -> Result<(elements: [Element], parser: Position), JSONFault> in
      var parser = inside.parser
      parser.at = middle
      var elements: [Element] = []
      do throws(JSONFault) {
        _ = try parser.elements(upTo: nil) { parser throws(JSONFault) in elements.append(try element(&parser)) }
        return .success((elements, Position(parser: parser)))
      } catch { return .failure(error) }
    }
    // The text is lent: nobody may look at it any more when this returns.
    defer { rest.wait() }
    guard try self.elements(upTo: middle, { parser throws(JSONFault) in elements.append(try element(&parser)) }) else { return elements }
    let read = try rest.outcome().get()
    self = read.parser.parser
    return elements + read.elements
  }

  /// @unchecked Sendable: the text that it points into is lent until both threads are through with it.
  private struct Position: @unchecked Sendable { let parser: JSONParser }

  /// Where behind `target` an object follows another one in an array and has the same first key as the first object of the array that begins here.
  /// It may be no element of that array; nil where none is found, or the text is short.
  private func likelyElement(from target: Int) -> Int? {
    guard end - at >= Self.worthHalving, let base = bytes.baseAddress else { return nil }
    var ahead = self
    ahead.at += 1
    ahead.skipSpace()
    let first = ahead.at
    guard first + 2 < end, bytes[first] == UInt8(ascii: "{"), bytes[first + 1] == UInt8(ascii: "\""),
      let closing = memchr(base + first + 2, Int32(UInt8(ascii: "\"")), min(128, end - first - 2))
    else { return nil }
    let length = UnsafeRawPointer(closing) - (base + first) + 1
    var from = target
    for _ in 0..<64 {
      guard let brace = memchr(base + from, Int32(UInt8(ascii: "{")), end - from) else { return nil }
      let place = UnsafeRawPointer(brace) - base
      if place + length <= end, memcmp(base + place, base + first, length) == 0, let comma = lastPlain(before: place),
        bytes[comma] == UInt8(ascii: ","), let closed = lastPlain(before: comma), bytes[closed] == UInt8(ascii: "}")
      {
        return place
      }
      from = place + 1
    }
    return nil
  }

  /// The last byte before a place that is no space.
  private func lastPlain(before place: Int) -> Int? {
    var position = place - 1
    while position > at {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position -= 1
      default: return position
      }
    }
    return nil
  }
}
