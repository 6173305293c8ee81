import Basics
import Clustering
import Engine
import Glibc
import Model

/// `perigee import`: reads documents line by line and sends them in batches, through the host in this process or the running server.
struct Importing {
  private let path: String
  private let collectionName: String
  private let invocation: Invocation
  private let vectors: Matrix?
  private let isDryRun: Bool

  static let batchSize = 1000

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    path = invocation.word(0) ?? "-"
    guard let name = invocation.text("collection") else {
      throw Problem(.invalid, "it is not said where the documents go", hint: "Give --collection NAME; it is made when missing", path: "--collection")
    }
    collectionName = name
    isDryRun = invocation.has("dry-run")
    let dimensions = try invocation.int("dim", in: 1...65_536)
    vectors = try invocation.text("vectors").map { file throws(Problem) in try readVectors(file, dimensions: dimensions) }
    if path != "-", access(path, R_OK) != 0 { throw fileProblem(path, "read", errno) }
  }

  func run() throws(Problem) -> ExitCode {
    let started = invocation.surroundings.ticks()
    return try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      Interrupts.handle {}
      var reader = try LineReader(path: path)
      let (collection, isNew) = try target(connection, &reader)
      var report = Report()
      if reader.size != nil {
        var first = try LineReader(path: path)
        report.documents = try pass(&first, collection, label: "checking") { _ throws(Problem) in }
      } else if isDryRun {
        report.documents = try pass(&reader, collection, label: "checking") { _ throws(Problem) in }
      }
      if !isDryRun {
        let stored = isNew ? try make(collection, connection) : collection
        report.documents = try pass(&reader, stored, label: "importing") { batch throws(Problem) in
          try report.add(send(batch, to: stored, connection), vectors: batch.count { !$0.vectors.isEmpty })
          CrashPoint.pass(.importBatch)
        }
      }
      tell(report, collection, isNew: isNew, connection, invocation.surroundings.ticks() - started)
      return .ok
    }
  }

  // MARK: - The collection

  /// The collection, or how it will be when it is made.
  private func target(_ connection: Connection, _ reader: inout LineReader) throws(Problem) -> (Collection, isNew: Bool) {
    let now = invocation.surroundings.now()
    var indexes: [VectorIndex] = []
    var id = ""
    var isNew = false
    do throws(Problem) {
      let found = try connection.call("get_collection", path: ["collection_identifier": collectionName])
      id = found["collection_id"]?.string ?? ""
      for item in found["vector_indexes"]?.array ?? [] {
        guard let index = item["index"], let name = index["name"]?.string, let size = index["dimensions"]?.int else { continue }
        indexes.append(
          VectorIndex(name: name, dimensions: Int(size), metric: index["distance"]?.string.flatMap(VectorIndex.Metric.init(rawValue:)) ?? .cosine))
      }
    } catch {
      guard error.kind == .notFound else { throw error }
      isNew = true
      indexes = try newIndexes(&reader)
    }
    let collection = Collection(
      id: id, namespaceID: connection.namespaceID ?? "", name: collectionName, vectorIndexes: indexes, createdAt: now, updatedAt: now)
    if let vectors { try check(vectors, against: try index(of: collection)) }
    return (collection, isNew)
  }

  private func newIndexes(_ reader: inout LineReader) throws(Problem) -> [VectorIndex] {
    var metric = VectorIndex.Metric.cosine
    if let word = invocation.text("metric") {
      let words = VectorIndex.Metric.allCases.map(\.rawValue)
      guard let known = VectorIndex.Metric(rawValue: word) else {
        throw Problem(
          .invalid, "unknown metric '\(word)'", hint: "One of: \(words.joined(separator: ", "))", path: "--metric",
          didYouMean: Suggestion.nearest(to: word, in: words))
      }
      metric = known
    }
    if let vectors {
      return [VectorIndex(name: try Names.check(invocation.text("index") ?? "vector", path: "--index"), dimensions: vectors.columns, metric: metric)]
    }
    // Without a file of vectors the first document says which there are.
    guard let line = try reader.peek() else { return [] }
    var indexes: [VectorIndex] = []
    for member in try LineReader.object(line, of: path)["vectors"]?.object?.members ?? [] {
      guard let count = member.value.array?.count, count > 0 else { continue }
      indexes.append(VectorIndex(name: member.key, dimensions: count, metric: metric))
    }
    return indexes
  }

  /// The index that `--vectors` are for.
  private func index(of collection: Collection) throws(Problem) -> VectorIndex {
    let names = collection.vectorIndexes.map(\.name)
    if invocation.text("index") == nil, collection.vectorIndexes.count == 1 { return collection.vectorIndexes[0] }
    let wanted = invocation.text("index") ?? "vector"
    if let index = collection.index(named: wanted) { return index }
    throw Problem(
      .invalid, "collection '\(collectionName)' has no vector index '\(wanted)'",
      hint: names.isEmpty ? "Import into a collection of another name" : "It has: \(names.joined(separator: ", "))", path: "--index",
      didYouMean: Suggestion.nearest(to: wanted, in: names))
  }

  private func check(_ vectors: Matrix, against index: VectorIndex) throws(Problem) {
    guard vectors.columns == index.dimensions else {
      throw Problem(
        .invalid, "the vectors have \(vectors.columns) numbers, index '\(index.name)' of '\(collectionName)' has \(index.dimensions) dimensions",
        hint: "Check --vectors and --index", path: "--vectors")
    }
  }

  private func make(_ collection: Collection, _ connection: Connection) throws(Problem) -> Collection {
    let indexes = collection.vectorIndexes.map { index -> JSON in
      ["name": .string(index.name), "dimension": .int(index.dimensions), "metric": .string(index.metric.rawValue)]
    }
    let made = try connection.call("create_collection", body: ["collection_name": .string(collectionName), "vector_indexes": .array(indexes)])
    return Collection(
      id: made["collection_id"]?.string ?? "", namespaceID: collection.namespaceID, name: collectionName, vectorIndexes: collection.vectorIndexes,
      createdAt: collection.createdAt, updatedAt: collection.updatedAt)
  }

  // MARK: - The documents

  /// Reads every line as a document, in batches. Answers how many there were.
  private func pass(
    _ reader: inout LineReader, _ collection: Collection, label: String, _ take: ([Document]) throws(Problem) -> Void
  ) throws(Problem) -> Int {
    let index = vectors == nil ? nil : try index(of: collection)
    var progress = Progress(label, noun: "documents", invocation.console, invocation.surroundings)
    defer { progress.clear() }
    var batch: [Document] = []
    var count = 0
    while let line = try reader.next() {
      batch.append(try document(line, row: count, collection, index))
      count += 1
      if batch.count == Self.batchSize {
        try take(batch)
        batch.removeAll(keepingCapacity: true)
        progress.show(count, fraction: reader.size.map { Double(line.offset) / Double(max($0, 1)) })
        if Interrupts.wasAsked {
          throw Problem(
            .cancelled, "interrupted after \(label) \(Format.count(count, "document"))",
            hint: label == "checking" ? "Nothing was written" : "Run the import again: what is there already is replaced by itself")
        }
      }
    }
    if !batch.isEmpty { try take(batch) }
    if let vectors, vectors.rows > count {
      throw Problem(
        .invalid, "there are \(Format.count(vectors.rows, "vector")) for \(Format.count(count, "document"))",
        hint: "Give one vector for each line of \(path)", path: "--vectors")
    }
    return count
  }

  private func document(_ line: LineReader.Line, row: Int, _ collection: Collection, _ index: VectorIndex?) throws(Problem) -> Document {
    var object = try LineReader.object(line, of: path)
    do throws(Problem) {
      if object["document_id"] == nil, let id = object["id"] {
        // Numbers are names too, as many tables have them.
        object["document_id"] = id.string == nil && id.int != nil ? .string("\(id.int ?? 0)") : id
        object["id"] = nil
      }
      object["collection_id"] = nil
      object["_internal"] = nil
      if object["document_id"] == nil {
        throw Problem(.invalid, "the document has no id", hint: "Add one, so that importing again replaces it: {\"id\": \"a\", …}", path: "id")
      }
      var document = try Document(.object(object), in: collection, path: "", surroundings: invocation.surroundings)
      if let vectors, let index {
        guard row < vectors.rows else {
          throw Problem(
            .invalid, "there is no vector for it: \(Format.count(vectors.rows, "vector")) are given", hint: "Give one vector for each line",
            path: "--vectors")
        }
        document.vectors[index.name] = vectors[row]
      }
      return document
    } catch { throw LineReader.located(error, line, path) }
  }

  private func send(_ batch: [Document], to collection: Collection, _ connection: Connection) throws(Problem) -> JSON {
    if let host = connection.host {
      let counts = try host.upsert(batch, into: collection)
      return ["added": .int(counts.added), "updated": .int(counts.updated)]
    }
    let documents = batch.map { document -> JSON in
      var object = document.fields
      object["document_id"] = .string(document.id)
      if !document.vectors.isEmpty {
        object["vectors"] = .object(
          JSONObject(members: document.vectors.map { .init(key: $0.key, value: .array($0.value.map { .double(Double($0)) })) }))
      }
      return .object(object)
    }
    return try connection.call("upsert_documents", path: ["collection_identifier": collection.id], body: ["documents": .array(documents)])
  }

  // MARK: - The summary

  private struct Report {
    var documents = 0
    var added: Int64 = 0
    var updated: Int64 = 0
    var vectors = 0

    mutating func add(_ answer: JSON, vectors: Int) throws(Problem) {
      added += answer["added"]?.int ?? 0
      updated += answer["updated"]?.int ?? 0
      self.vectors += vectors
    }
  }

  private func tell(_ report: Report, _ collection: Collection, isNew: Bool, _ connection: Connection, _ elapsed: Duration) {
    let console = invocation.console
    if invocation.wantsJSON {
      console.print([
        "collection": .string(collectionName), "namespace": .string(connection.namespace), "created_collection": .bool(isNew && !isDryRun),
        "documents": .int(report.documents), "added": .int(report.added), "updated": .int(report.updated), "vectors": .int(report.vectors),
        "dry_run": .bool(isDryRun), "seconds": .double(elapsed.inSeconds),
      ])
      return
    }
    let place =
      "\(isNew ? "the new collection" : "collection") '\(collectionName)'\(connection.namespace == "default" ? "" : " of namespace '\(connection.namespace)'")"
    if isDryRun {
      console.say("\(Format.count(report.documents, "document")) would go into \(place). Nothing was written.")
      return
    }
    let rate = Format.count(Int64((Double(report.documents) / max(elapsed.inSeconds, 1e-3)).rounded()))
    console.say(
      "\(Format.count(report.documents, "document")) into \(place): \(Format.count(report.added)) added, \(Format.count(report.updated)) replaced, \(Format.count(report.vectors)) with vectors, in \(Format.duration(elapsed)) (\(rate)/s)"
    )
    if isNew, vectors != nil { console.say("Next: perigee cluster --collection \(collectionName) --store \(invocation.storePath)") }
  }
}
