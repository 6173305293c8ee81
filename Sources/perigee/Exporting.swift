import Basics
import Clustering
import Model

/// `perigee export`: a collection as JSON lines, page by page, in the order in which documents came.
struct Exporting {
  private let invocation: Invocation
  private let collection: String
  private let vectorFile: String?

  private static let pageSize: Int64 = 500

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    collection = invocation.word(0) ?? ""
    vectorFile = invocation.text("vectors")
    if vectorFile != nil, invocation.has("no-vectors") {
      throw Problem(.invalid, "--vectors and --no-vectors contradict each other", hint: "Give one of them", path: "--vectors")
    }
  }

  func run() throws(Problem) -> ExitCode {
    let filter = try invocation.object("filter")
    return try Connection.with(invocation) { connection throws(Problem) in
      let found = try connection.call("get_collection", path: ["collection_identifier": collection])
      let index = try vectorFile.map { _ throws(Problem) in try self.index(of: found) }
      let count: Int
      let values: [Float]
      if let output = invocation.text("output"), output != "-" {
        var file = try FileWriter(path: output)
        (count, values) = try pages(connection, filter, index, total: found["document_count"]?.int) { bytes throws(Problem) in try file.write(bytes) }
        try writeVectors(values, count, index)
        try file.finish()
      } else {
        (count, values) = try pages(connection, filter, index, total: found["document_count"]?.int) { bytes in invocation.console.out.write(bytes) }
        try writeVectors(values, count, index)
      }
      let console = invocation.console
      if invocation.wantsJSON, invocation.has("output") {
        console.print([
          "collection": .string(collection), "documents": .int(count), "output": .optional(invocation.text("output")),
          "vectors": .optional(vectorFile),
        ])
      } else if console.err.isTerminal || invocation.has("output") {
        console.say("\(Format.count(count, "document")) of '\(collection)'\(vectorFile.map { ", vectors in \($0)" } ?? "")")
      }
      return .ok
    }
  }

  /// Name and dimensions of the index whose vectors go into a file.
  private func index(of found: JSON) throws(Problem) -> (name: String, dimensions: Int) {
    let indexes = (found["vector_indexes"]?.array ?? []).compactMap { item in
      item["index"]?["name"]?.string.map { ($0, Int(item["index"]?["dimensions"]?.int ?? 0)) }
    }
    let names = indexes.map(\.0)
    let wanted = invocation.text("index") ?? (names.count == 1 ? names[0] : "vector")
    guard let match = indexes.first(where: { $0.0 == wanted }) else {
      throw Problem(
        .invalid, "collection '\(collection)' has no vector index '\(wanted)'",
        hint: names.isEmpty ? "It has none: leave --vectors out" : "It has: \(names.joined(separator: ", "))", path: "--index",
        didYouMean: Suggestion.nearest(to: wanted, in: names))
    }
    return (name: match.0, dimensions: match.1)
  }

  private func pages(
    _ connection: Connection, _ filter: JSON?, _ index: (name: String, dimensions: Int)?, total: Int64?,
    _ write: ([UInt8]) throws(Problem) -> Void
  ) throws(Problem) -> (Int, [Float]) {
    let withVectors = !invocation.has("no-vectors")
    var (count, values, cursor) = (0, [Float](), String?.none)
    var progress = Progress("exporting", noun: "documents", invocation.console, invocation.surroundings)
    defer { progress.clear() }
    repeat {
      var body: JSONObject = ["limit": .int(Self.pageSize), "return_vectors": .bool(withVectors)]
      body["cursor"] = cursor.map(JSON.string)
      body["filters"] = filter
      let answer = try connection.call("list_documents", path: ["collection_identifier": collection], body: .object(body))
      var writer = JSONWriter()
      for document in answer["results"]?.array ?? [] {
        values += try Self.write(document, apart: index, to: &writer)
        count += 1
      }
      try write(writer.bytes)
      cursor = answer["pagination"]?["next_cursor"]?.string
      progress.show(count, fraction: filter == nil ? total.map { Double(count) / Double(max($0, 1)) } : nil)
      if Interrupts.wasAsked { throw Problem(.cancelled, "interrupted after \(Format.count(count, "document"))") }
    } while cursor != nil
    return (count, values)
  }

  /// Writes a line with what an import needs of a document: its id, its fields, and its vectors. Answers the vector that goes into a file of
  /// its own instead.
  static func write(_ document: JSON, apart index: (name: String, dimensions: Int)?, to writer: inout JSONWriter) throws(Problem) -> [Float] {
    guard case .object(let object) = document else { throw Problem(.internal, "a document is no object") }
    var vectors = object["vectors"]?.object ?? JSONObject()
    writer.beginObject()
    for member in object.members where !["collection_id", "_internal", "vectors"].contains(member.key) {
      // The API shows a vector at the root too, under its index's name.
      if let vector = vectors[member.key], vector == member.value { continue }
      writer.member(member.key, member.value)
    }
    var values: [Float] = []
    if let index {
      guard let vector = vectors[index.name] else {
        throw Problem(
          .invalid, "document '\(object["document_id"]?.string ?? "")' has no vector in '\(index.name)'",
          hint: "Leave --vectors out: each line then holds the vectors that its document has", path: "--vectors")
      }
      values = try vector.floats()
      vectors[index.name] = nil
    }
    if !vectors.isEmpty {
      writer.key("vectors")
      writer.beginObject()
      for vector in vectors.members {
        writer.key(vector.key)
        writer.floats(try vector.value.floats())
      }
      writer.endObject()
    }
    writer.endObject()
    writer.gap("\n")
    return values
  }

  private func writeVectors(_ values: [Float], _ count: Int, _ index: (name: String, dimensions: Int)?) throws(Problem) {
    guard let vectorFile, let index else { return }
    try VectorFile.write(try Matrix(rows: count, columns: index.dimensions, values: values), to: vectorFile)
  }
}
