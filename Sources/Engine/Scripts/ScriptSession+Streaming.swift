package import Basics
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
          page.append(writer.text(document))
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

  mutating func text(_ document: RawDocument) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(document.body.count + 256)
    text += Self.head
    text += JSON.string(document.id).bytes
    text += Self.collection
    text += JSON.string(document.collectionID).bytes
    // Stored bodies are what our own writer made of an object: "{…}".
    let body = document.body.dropFirst().dropLast()
    if !body.isEmpty {
      text.append(UInt8(ascii: ","))
      text.append(contentsOf: body)
    }
    if times?.created != document.createdAt || times?.updated != document.updatedAt {
      let written = ",\"_internal\":{\"created_at\":\"\(document.createdAt)\",\"updated_at\":\"\(document.updatedAt)\"}}"
      times = (document.createdAt, document.updatedAt, Array(written.utf8))
    }
    text += times?.text ?? []
    return text
  }
}
