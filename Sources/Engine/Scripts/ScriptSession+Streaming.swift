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
  package func page(_ arguments: [JSON]) throws(Problem) -> DocumentPage? {
    guard isPlain, let namespaceID = liveNamespaceID else { return nil }
    let fields = try Fields(
      arguments.first?.object.map { .object($0) } ?? ["collection": arguments.first ?? .null], path: "documents.each",
      accepting: Page.names + ["collection", "filter", "select", "sort", "vectors", "batch"])
    for name in Page.names + ["select", "sort", "vectors"] where fields[name] != nil { return nil }
    let name = try fields.required("collection", example: "\"words\"")
    let limit = Int(try fields.int("batch", in: 1...1000) ?? Int64(LibraryCalls.pageSize))
    let filter = try fields["filter"].map { json throws(Problem) in try Filter(json, path: "filters") }
    let after = arguments.count > 1 ? arguments[1].int ?? 0 : 0
    let collection = try host.collection(name, in: namespaceID, path: "collection_identifier")
    var page = DocumentPage()
    var writer = DocumentWriter()
    var last: Int64?
    try ReadLimit.with(timeLeft) { () throws(Problem) in
      try host.read { reader throws(Problem) in
        try reader.bodies(of: collection.id, filter: filter, after: after, limit: limit) { document throws(Problem) in
          page.append { writer.write(document, to: &$0) }
          last = document.position
          return page.byteCount < Self.pageBytes
        }
      }
    }
    if let last, page.count == limit || page.byteCount >= Self.pageBytes { page.cursor = .int(last) }
    return page
  }

}

/// Writes stored documents as the API shows them: identifiers, fields, and when they were written. Documents that came together have the
/// same times, so those are written once.
private struct DocumentWriter {
  private var times: (created: Instant, updated: Instant, text: [UInt8])?
  private static let head = Array("{\"document_id\":".utf8)
  private static let collection = Array(",\"collection_id\":".utf8)

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
    text += Self.collection
    Self.quote(document.collectionID, in: &text)
    // Stored bodies are what our own writer made of an object: "{…}".
    if document.body.count > 2 {
      text.append(UInt8(ascii: ","))
      text.append(contentsOf: UnsafeRawBufferPointer(rebasing: document.body[1..<document.body.count - 1]))
    }
    if times?.created != document.createdAt || times?.updated != document.updatedAt {
      let written = ",\"_internal\":{\"created_at\":\"\(document.createdAt)\",\"updated_at\":\"\(document.updatedAt)\"}}"
      times = (document.createdAt, document.updatedAt, Array(written.utf8))
    }
    text += times?.text ?? []
  }

  /// Most identifiers need no escapes.
  private static func quote(_ id: String, in text: inout [UInt8]) {
    guard id.utf8.allSatisfy({ $0 >= 32 && $0 < 127 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
      text += JSON.string(id).bytes
      return
    }
    text.append(UInt8(ascii: "\""))
    text += id.utf8
    text.append(UInt8(ascii: "\""))
  }
}

extension RawDocument {
  private static let mark = Array("_internal\":".utf8)

  /// Whether the system may have written something of its own into the document: its name for that occurs somewhere.
  fileprivate var holdsInternal: Bool {
    var rest = body
    while let start = rest.baseAddress, let found = memchr(start, Int32(UInt8(ascii: "_")), rest.count) {
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(start.distance(to: UnsafeRawPointer(found))))
      guard rest.count >= Self.mark.count else { return false }
      if rest.starts(with: Self.mark) { return true }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    }
    return false
  }
}
