package import Basics
import Glibc
import Model
package import Scripting
import Store

extension ScriptSession {
  /// A page may be a little more than this.
  private static let pageBytes = 2 << 20

  /// Streams of whole documents in the order of their insertion, straight from the store's text: no value is made of what nobody looks at.
  /// Other queries, and runs that have to see their own writes or are recorded, go the ordinary way.
  package func write(_ arguments: [JSON], to page: inout DocumentPage) throws(Problem) -> Bool {
    guard isPlain, let namespaceID = liveNamespaceID else { return false }
    let fields = try Fields(
      arguments.first?.object.map { .object($0) } ?? ["collection": arguments.first ?? .null], path: "documents.each",
      accepting: Page.names + ["collection", "filter", "select", "sort", "vectors", "batch"])
    for name in Page.names + ["select", "sort", "vectors"] where fields[name] != nil { return false }
    let name = try fields.required("collection", example: "\"words\"")
    let limit = Int(try fields.int("batch", in: 1...1000) ?? Int64(LibraryCalls.pageSize))
    let filter = try fields["filter"].map { json throws(Problem) in try Filter(json, path: "filters") }
    let after = arguments.count > 1 ? arguments[1].int ?? 0 : 0
    let collection = try host.collection(name, in: namespaceID, path: "collection_identifier")
    var writer = DocumentWriter(collectionID: collection.id)
    var last: Int64?
    try ReadLimit.with(timeLeft) { () throws(Problem) in
      try host.read { reader throws(Problem) in
        try reader.bodies(of: collection.id, filter: filter, after: after, limit: limit) { document throws(Problem) in
          page.append { text in writer.write(document, to: &text) }
          last = document.position
          return page.byteCount < Self.pageBytes
        }
      }
    }
    if let last, page.count == limit || page.byteCount >= Self.pageBytes { page.cursor = .int(last) }
    return true
  }
}

/// Writes stored documents as the API shows them: identifiers, fields, and when they were written. Documents that came together have the
/// same times, so those are written once, as is their collection.
private struct DocumentWriter {
  private var times: (created: Instant, updated: Instant, text: [UInt8])?
  private let collection: [UInt8]
  private static let head = Array("{\"document_id\":".utf8)

  init(collectionID: String) { collection = Array(",\"collection_id\":".utf8) + JSON.string(collectionID).bytes }

  mutating func write(_ document: RawDocument, to text: inout [UInt8]) {
    if document.holdsInternal, let object = try? JSON(parsing: document.body).object {
      text +=
        Document(
          id: document.id, collectionID: document.collectionID, fields: object, createdAt: document.createdAt, updatedAt: document.updatedAt
        ).json().bytes
      return
    }
    text += Self.head
    Self.quote(document.id, in: &text)
    text += collection
    // Stored bodies are what our own writer made of an object: "{…}".
    if document.body.count > 2 {
      text.append(UInt8(ascii: ","))
      text.append(contentsOf: UnsafeRawBufferPointer(rebasing: document.body[1..<document.body.count - 1]))
    }
    if times?.created != document.createdAt || times?.updated != document.updatedAt {
      let written = ",\"_internal\":{\"created_at\":\"\(document.createdAt)\",\"updated_at\":\"\(document.updatedAt)\"}}"
      times = (document.createdAt, document.updatedAt, Array(written.utf8))
    }
    if let times { text += times.text }
  }

  /// Most identifiers need no escapes.
  private static func quote(_ id: String, in text: inout [UInt8]) {
    var id = id
    let isPlain = id.withUTF8 { utf8 in
      for byte in utf8 where byte < 32 || byte >= 127 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
      text.append(UInt8(ascii: "\""))
      text.append(contentsOf: utf8)
      text.append(UInt8(ascii: "\""))
      return true
    }
    if !isPlain { text += JSON.string(id).bytes }
  }
}

extension RawDocument {
  private static let mark = Array("_internal\":".utf8)

  /// Whether the system may have written something of its own into the document: its name for that occurs somewhere.
  fileprivate var holdsInternal: Bool {
    guard var at = body.baseAddress else { return false }
    let end = at + body.count
    return Self.mark.withUnsafeBytes { mark in
      while let found = memchr(at, Int32(mark[0]), at.distance(to: end)).map({ UnsafeRawPointer($0) }), found.distance(to: end) >= mark.count {
        if found.load(fromByteOffset: 1, as: UInt8.self) == mark[1], UnsafeRawBufferPointer(start: found, count: mark.count).elementsEqual(mark) {
          return true
        }
        at = found + 1
      }
      return false
    }
  }
}
