import Basics
import Clustering
import Model
import Store

/// Puts the documents of a collection under the nodes of a taxonomy, piece by piece.
///
/// Each piece is one transaction: its documents, and in the task how far it has come. So a run that was interrupted goes on behind the last piece,
/// and a document that has everything already is not written again.
struct TaxonomyEnrichment {
  private let host: Host
  private let task: TaskRecord
  private let cancellation: Cancellation
  private let taxonomy: Taxonomy
  private let collection: Collection
  /// Where the results go; nil: to the documents themselves.
  private let target: Collection?
  private let filter: Filter?
  private let isIncremental: Bool
  private let batchSize: Int
  private let threads: Int

  static let accepted = ["taxonomy_id", "collection_id", "target_collection_id", "filters", "incremental", "batch_size", "parallelism"]

  /// How far a run has come, as the task's `outputs` show it.
  private struct Progress {
    /// The position of the last document that was looked at, and of the last that is to be.
    var position: Int64 = 0
    var through: Int64 = 0
    var total = 0
    var processed = 0
    var enriched = 0
    var unchanged = 0
    var unmatched = 0
    var batches = 0
    var agreement = TaxonomyAgreement()

    init() {}

    /// What another attempt left; nil when there is nothing, or it was made with another version of the taxonomy.
    init?(_ json: JSON?, version: Int64) {
      guard let json, json["taxonomy_version"]?.int == version, let position = json["position"]?.int, let through = json["through"]?.int else {
        return nil
      }
      func count(_ key: String) -> Int { Int(json[key]?.int ?? 0) }
      (self.position, self.through, total, processed) = (position, through, count("total"), count("processed"))
      (enriched, unchanged, unmatched, batches) = (count("enriched"), count("unchanged"), count("unmatched"), count("batches"))
      agreement = TaxonomyAgreement(json["accuracy"])
    }

    func json(version: Int64) -> JSON {
      [
        "taxonomy_version": .int(version), "position": .int(position), "through": .int(through), "total": .int(total), "processed": .int(processed),
        "enriched": .int(enriched), "unchanged": .int(unchanged), "unmatched": .int(unmatched), "batches": .int(batches), "accuracy": agreement.json,
      ]
    }
  }

  /// Reads what is to be done, and throws the problem of the field that is wrong: a taxonomy or collection that does not exist, a filter that is none.
  init(_ host: Host, _ task: TaskRecord, _ config: JSONObject, _ cancellation: Cancellation) throws(Problem) {
    self.host = host
    self.task = task
    self.cancellation = cancellation
    let fields = try Fields(.object(config), path: "action_config")
    let namespaceID = task.namespaceID
    let name = try fields.required("taxonomy_id", example: "\"tax_products\"")
    taxonomy = try host.taxonomy(name, in: namespaceID, path: fields.at("taxonomy_id"))
    let source = try fields.required("collection_id", example: "\"col_inventory\"")
    let collection = try host.collection(source, in: namespaceID, path: fields.at("collection_id"))
    self.collection = collection
    let other = try fields.targetCollection.map { name throws(Problem) in
      try host.collection(name, in: namespaceID, path: fields.at("target_collection_id"))
    }
    target = other?.id == collection.id ? nil : other
    filter = try fields["filters"].map { json throws(Problem) in try Filter(json, path: fields.at("filters")) }
    isIncremental = try fields.bool("incremental") ?? false
    batchSize = Int(try fields.int("batch_size", in: 100...10_000) ?? 1000)
    threads = min(Int(try fields.int("parallelism", in: 1...20) ?? 4), max(1, host.configuration.threads))
  }

  func perform(_ product: inout TaskRun.Product) throws(Problem) {
    let taxonomy = self.taxonomy
    let model = try host.read { reader throws(Problem) in try TaxonomyModel(taxonomy, in: reader) }
    let index = try model.index(in: collection, path: "action_config.collection_id")
    var span = VectorSpan(collectionID: collection.id, index: index, filter: wanted, after: 0, through: 0)
    var progress = try begin(&span)
    while true {
      try cancellation.check()
      span.after = progress.position
      let page = try host.read { [span] reader throws(Problem) in try reader.vectorPage(span, limit: batchSize) }
      guard let last = page.last else { break }
      let matrix = try Matrix(rows: page.documents.count, columns: index.dimensions, values: page.values)
      let findings = try model.classify(page.documents, matrix, threads: threads, cancellation: cancellation)
      progress.agreement.count(page.documents, findings, model)
      let changes = try self.changes(page, findings, TaxonomyAssignment(model), index, &progress)
      progress.position = last
      progress.processed += page.documents.count
      progress.batches += 1
      try commit(changes, progress)
      CrashPoint.pass(.enrichmentPiece)
      host.log("debug", "task \(task.id): \(progress.processed) of \(progress.total) documents")
    }
    product.outputs = [
      "taxonomy_id": .string(taxonomy.id), "taxonomy_version": .int(taxonomy.version), "collection_id": .string(collection.id),
      "target_collection_id": .string((target ?? collection).id), "nodes": .int(model.nodes.count), "processed": .int(progress.processed),
      "enriched": .int(progress.enriched), "unchanged": .int(progress.unchanged), "unmatched": .int(progress.unmatched),
      "batches": .int(progress.batches), "incremental": .bool(isIncremental),
    ]
    if taxonomy.config.classification.truthField != nil { product.outputs["accuracy"] = progress.agreement.json }
  }

  /// The documents that are to be looked at. Those of another collection tell by themselves what they have been made of.
  private var wanted: Filter? {
    var filters: [Filter] = filter.map { [$0] } ?? []
    if isIncremental, target == nil { filters.append(.none([TaxonomyAssignment.processed(by: taxonomy)])) }
    return filters.isEmpty ? nil : .all(filters)
  }

  /// Where to go on: behind what another attempt did, else at the beginning. What is added while it runs is left to the next run.
  private func begin(_ span: inout VectorSpan) throws(Problem) -> Progress {
    let stored = try host.read { reader throws(Problem) in try reader.task(task.id, in: task.namespaceID) }
    if let progress = Progress(stored?.outputs["progress"], version: taxonomy.version) {
      span.through = progress.through
      return progress
    }
    var progress = Progress()
    progress.through = try host.read { reader throws(Problem) in try reader.highestPosition() }
    span.through = progress.through
    progress.total = Int(try host.read { [span] reader throws(Problem) in try reader.count(span) })
    return progress
  }

  private func commit(_ changes: [DocumentWrite.Change], _ progress: Progress) throws(Problem) {
    var report = Transaction()
    report.report(["progress": progress.json(version: taxonomy.version)], of: task.id, attempt: task.attempt)
    var writes: [Write] = [.statements(report)]
    if !changes.isEmpty {
      let place = target ?? collection
      writes.append(
        .documents(DocumentWrite(namespaceID: task.namespaceID, collectionID: place.id, collectionName: place.name, changes: changes)))
    }
    _ = try host.write(writes.map { $0.following(task) })
  }

  // MARK: - One piece

  private func changes(
    _ page: VectorPage, _ findings: [[TaxonomyModel.Finding]], _ assignment: TaxonomyAssignment, _ index: VectorIndex, _ progress: inout Progress
  ) throws(Problem) -> [DocumentWrite.Change] {
    let now = host.surroundings.now()
    let copies = try copies(of: page)
    var changes: [DocumentWrite.Change] = []
    for (row, document) in page.documents.enumerated() {
      let sourceMarks: JSONObject = [
        "source_collection_id": .string(collection.id), "source_document_id": .string(document.id), "source_updated_at": .instant(document.updatedAt),
      ]
      let copy = copies[document.id]
      if isIncremental, let copy, isCurrent(copy, sourceMarks) {
        progress.unchanged += 1
        continue
      }
      var base = document.fields
      if target != nil {
        base["_internal"] = copy?["_internal"]
        if let given = copy?["_internal"]?[taxonomy.mark("fields")]?.array?.compactMap(\.string) {
          for name in given where base[name] == nil { base[name] = copy?[name] }
        }
      }
      var fields = assignment.changes(of: base, findings[row])
      if findings[row].isEmpty { progress.unmatched += 1 }
      if target != nil, var marks = fields["_internal"]?.object {
        marks.set(sourceMarks.members)
        fields["_internal"] = .object(marks)
      }
      if target == nil ? assignment.isDone(fields, in: base) : copy.map({ assignment.isDone(fields, in: $0) }) ?? false {
        progress.unchanged += 1
        continue
      }
      if !findings[row].isEmpty { progress.enriched += 1 }
      var marks = fields["_internal"]?.object ?? JSONObject()
      marks["processing"] = assignment.history(task.id, at: now)
      fields["_internal"] = .object(marks)
      if target == nil {
        changes.append(.patch(id: document.id, .init(fields: fields, skipsMissing: true)))
      } else {
        changes.append(.upsert(moved(document, fields, over: base, vector(row, of: page, index), at: now)))
      }
    }
    return changes
  }

  /// The documents of the target collection that have been made of these, as they are.
  private func copies(of page: VectorPage) throws(Problem) -> [String: JSONObject] {
    guard let target else { return [:] }
    let bodies = try host.read { reader throws(Problem) in try reader.bodies(of: page.documents.map(\.id), in: target.id) }
    var result: [String: JSONObject] = [:]
    for (id, text) in bodies { result[id] = try JSON(parsing: text).object }
    return result
  }

  /// Whether a copy was made by this version of the taxonomy from the document as it is.
  private func isCurrent(_ copy: JSONObject, _ sourceMarks: JSONObject) -> Bool {
    guard let marks = copy["_internal"]?.object, marks[taxonomy.mark("version")] == .int(taxonomy.version) else { return false }
    return sourceMarks.members.allSatisfy { marks[$0.key] == $0.value }
  }

  private func vector(_ row: Int, of page: VectorPage, _ index: VectorIndex) -> [String: [Float]] {
    guard target?.index(named: index.name)?.dimensions == index.dimensions else { return [:] }
    return [index.name: Array(page.values[row * index.dimensions..<(row + 1) * index.dimensions])]
  }

  private func moved(_ document: Document, _ changes: JSONObject, over base: JSONObject, _ vectors: [String: [Float]], at now: Instant) -> Document {
    var fields = base
    fields.set(changes.members.filter { $0.key != "_internal" })
    fields["_internal"] = .object(Document.merge(changes["_internal"]?.object ?? JSONObject(), into: base["_internal"]?.object ?? JSONObject()))
    return Document(id: document.id, collectionID: (target ?? collection).id, fields: fields, vectors: vectors, createdAt: now, updatedAt: now)
  }
}

extension Fields {
  /// The collection that results go to. The SDK's own default for none is the text "null".
  var targetCollection: String? {
    get throws(Problem) {
      let name = try string("target_collection_id")
      return name == "null" ? nil : name
    }
  }
}
