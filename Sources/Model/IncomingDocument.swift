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
        found = try parser.arrayInHalves { parser throws(JSONFault) in try IncomingDocument(&parser) }
        return .null
      })
    documents = found
  }

  /// Reads a document of each line; lines of nothing but space are none. Throws `.malformed` that names the line.
  package init(lines bytes: [UInt8]) throws(Problem) {
    body = [:]
    documents = try bytes.withUnsafeBytes { Self.lines(of: $0) }.get()
  }

  /// Long ones on two threads: each line stands by itself.
  private static func lines(of bytes: UnsafeRawBufferPointer) -> Result<[IncomingDocument], Problem> {
    let middle = bytes.count / 2
    guard bytes.count >= JSONParser.worthHalving, let base = bytes.baseAddress, let feed = memchr(base + middle, 0x0A, bytes.count - middle) else {
      return Lines(of: bytes).result(behind: 0)
    }
    let start = UnsafeRawPointer(feed) - base + 1
    let lent = Lent(bytes: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    let rest = Errand { Lines(of: lent.bytes) }
    // The text is lent: nobody may look at it any more when this returns.
    defer { rest.wait() }
    let first = Lines(of: UnsafeRawBufferPointer(rebasing: bytes[..<(start - 1)]))
    guard first.problem == nil else { return first.result(behind: 0) }
    return rest.outcome().result(behind: first.count).map { first.documents + $0 }
  }

  /// @unchecked Sendable: whoever lends waits until it is not looked at any more.
  private struct Lent: @unchecked Sendable { let bytes: UnsafeRawBufferPointer }

  /// What lines say, up to the first that says nothing right.
  private struct Lines: Sendable {
    private(set) var documents: [IncomingDocument] = []
    /// The lines that were looked at, empty ones too.
    private(set) var count = 0
    private(set) var problem: Problem?

    init(of bytes: UnsafeRawBufferPointer) {
      var (start, size) = (0, 0)
      while start <= bytes.count, problem == nil {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        var length = rest.count
        if let base = rest.baseAddress, let feed = memchr(base, 0x0A, length) { length = UnsafeRawPointer(feed) - base }
        let line = UnsafeRawBufferPointer(rebasing: rest[..<length])
        start += length + 1
        count += 1
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
        let read = JSONParser.read(line) { parser throws(JSONFault) in
          parser.vectorSize = size
          let document = try IncomingDocument(&parser)
          size = parser.vectorSize
          return document
        }
        switch read {
        case .success(let document): documents.append(document)
        case .failure(let wrong): problem = wrong
        }
      }
    }

    /// `lines` went before these.
    func result(behind lines: Int) -> Result<[IncomingDocument], Problem> {
      guard var problem else { return .success(documents) }
      problem.message = "line \(lines + count): \(problem.message)"
      return .failure(problem)
    }
  }
}
