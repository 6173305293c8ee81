package import Basics
import Glibc

/// A document as a request brings it: a value, but for the vectors that could be read from the text straight into numbers.
package struct IncomingDocument: Sendable {
  /// Has null in the place of each vector of `vectors`.
  package var json: JSON
  /// By the keys under `vectors`.
  package var vectors: [(key: String, values: [Float])] = []

  package init(_ json: JSON) { self.json = json }

  /// Takes the next value of a text.
  init(_ parser: inout JSONParser) throws(JSONFault) {
    guard parser.isAtObject else {
      json = try parser.value()
      return
    }
    var read: [(key: String, values: [Float])] = []
    json = .object(
      try parser.object { parser, key throws(JSONFault) in
        guard key == "vectors", parser.isAtObject else { return nil }
        return .object(
          try parser.object { parser, key throws(JSONFault) in
            guard let values = parser.floats() else { return nil }
            read.append((key, values))
            return .null
          })
      })
    vectors = read
  }
}

/// The body of a request that writes documents: with hundreds of numbers each, values of all of it would cost more than to write them.
package struct IncomingDocuments: Sendable {
  /// Nil when the body has no array of them.
  package private(set) var documents: [IncomingDocument]?
  /// The body without its documents.
  package private(set) var body: JSON

  /// Reads `{"documents": […], …}`. Throws what `JSON(parsing:)` does.
  package init(parsing bytes: [UInt8]) throws(Problem) {
    self = try bytes.withUnsafeBytes { bytes in
      JSONParser.read(bytes) { parser throws(JSONFault) in try Self(&parser) }
    }.get()
  }

  private init(_ parser: inout JSONParser) throws(JSONFault) {
    guard parser.isAtObject else {
      body = try parser.value()
      return
    }
    var found: [IncomingDocument]?
    body = .object(
      try parser.object { parser, key throws(JSONFault) in
        guard key == "documents", parser.isAtArray else { return nil }
        var items: [IncomingDocument] = []
        try parser.array { parser throws(JSONFault) in items.append(try IncomingDocument(&parser)) }
        found = items
        return .null
      })
    documents = found
  }

  /// Reads a document of each line; lines of nothing but space are none. Throws `.malformed` that names the line.
  package init(lines bytes: [UInt8]) throws(Problem) {
    body = [:]
    documents = try bytes.withUnsafeBytes { Self.lines(of: $0) }.get()
  }

  private static func lines(of bytes: UnsafeRawBufferPointer) -> Result<[IncomingDocument], Problem> {
    var documents: [IncomingDocument] = []
    var (start, number, size) = (0, 0, 0)
    while start <= bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      var count = rest.count
      if let base = rest.baseAddress, let feed = memchr(base, 0x0A, count) { count = UnsafeRawPointer(feed) - base }
      let line = UnsafeRawBufferPointer(rebasing: rest[..<count])
      start += count + 1
      number += 1
      if line.allSatisfy({ [9, 13, 32].contains($0) }) { continue }
      let read = JSONParser.read(line) { parser throws(JSONFault) in
        parser.vectorSize = size
        let document = try IncomingDocument(&parser)
        size = parser.vectorSize
        return document
      }
      switch read {
      case .success(let document): documents.append(document)
      case .failure(var problem):
        problem.message = "line \(number): \(problem.message)"
        return .failure(problem)
      }
    }
    return .success(documents)
  }
}
