import Basics
import Model
import Store

/// The action `alert_evaluation`: an alert's retriever looks, and somebody is told when the alert's condition holds.
///
/// With a collection it looks at the documents that have come since the last look, each with inputs of its own; without, once, with the alert's
/// inputs. Looks at new documents go in pieces, each one transaction of its record, its event and how far it has come: a run that was interrupted
/// goes on behind the last piece, and no document is told of twice.
struct AlertAction {
  /// Documents of one piece, and the matches that are kept of it.
  private static let piece = 500
  private static let shown = 50

  private let host: Host
  private let task: TaskRecord
  private let cancellation: Cancellation
  private let alert: Alert
  private let retriever: Retriever
  private let application: StoredApplication?

  init(_ host: Host, _ task: TaskRecord, _ config: JSONObject, _ cancellation: Cancellation) throws(Problem) {
    (self.host, self.task, self.cancellation) = (host, task, cancellation)
    let fields = try Fields(.object(config), path: "action_config")
    let alert = try host.alert(fields.required("alert_id", example: "\"alt_1\""), in: task.namespaceID, path: fields.at("alert_id"))
    self.alert = alert
    retriever = try host.retriever(alert.retrieverID, in: task.namespaceID, path: "retriever_id")
    guard let collectionID = try fields.string("collection_id") else {
      application = nil
      return
    }
    let collection = try host.collection(collectionID, in: task.namespaceID, path: fields.at("collection_id"))
    guard let found = try host.read({ reader throws(Problem) in try reader.application(of: alert.id, at: collection.id) }) else {
      throw Problem(
        .notFound, "alert '\(alert.name)' is not at collection '\(collection.name)'",
        hint: "Put it there: PATCH /v1/collections/\(collection.id) with alert_applications", path: fields.at("collection_id"))
    }
    application = found
  }

  func perform(_ product: inout TaskRun.Product) throws(Problem) {
    product.outputs = ["alert_id": .string(alert.id), "alert_name": .string(alert.name), "retriever_id": .string(retriever.id)]
    guard alert.isEnabled else {
      product.outputs["skipped"] = "the alert is not enabled"
      if let application { try skip(application) }
      return
    }
    if let application {
      try lookAtNew(application, &product)
    } else {
      let record = try look(inputs: [(nil, alert.inputs)], at: retriever.collectionIDs.first ?? "", alert, isIngest: false)
      product.writes += writes(record)
      show([record], &product)
    }
  }

  // MARK: - One look

  private struct Look {
    var execution: AlertExecution
    var verdict: Alert.Verdict
    var deliveries: JSON
  }

  /// Executes the retriever once for each of the inputs, and judges what was found in all.
  private func look(
    inputs: [(documentID: String?, values: JSONObject)], at collectionID: String, _ alert: Alert, isIngest: Bool
  ) throws(Problem) -> Look {
    let (began, ticks) = (host.surroundings.now(), host.surroundings.ticks())
    var matches: [JSONObject] = []
    var places: [String: Int] = [:]
    var count = 0
    for (_, values) in inputs {
      try cancellation.check()
      let outcome = try Retrieval(host, retriever, cancellation: cancellation).run(inputs: values, page: RetrievalPage(limit: Self.shown))
      // Of several inputs a document may come more than once; its best score counts.
      count = inputs.count == 1 ? outcome.total : count
      for hit in outcome.hits {
        guard let shown = hit.json(vectors: false).object else { continue }
        let key = "\(hit.collectionID)/\(hit.document.id)"
        if let place = places[key] {
          if matches[place]["score"]?.double ?? -.infinity < hit.score ?? -.infinity { matches[place] = shown }
        } else {
          places[key] = matches.count
          matches.append(shown)
        }
      }
    }
    if inputs.count > 1 {
      count = matches.count
      matches = DocumentOrder(descending: true).sorted(matches) { $0["score"] ?? .null }
    }
    let verdict = alert.verdict(matches: matches, count: count, isIngest: isIngest, at: began)
    let executionID = Identifier.make("aexec", host.surroundings)
    var deliveries: JSON = []
    if verdict.notifies {
      deliveries = Notifier(host, namespaceID: task.namespaceID)
        .tell(alert.channels, "alert.triggered", payload(executionID, collectionID, count, matches, inputs.compactMap(\.documentID), at: began))
    }
    let details: JSONObject = [
      "matches": alert.includesMatches ? .array(matches.prefix(Self.shown).map(shown)) : [],
      "source_documents": .array(inputs.compactMap(\.documentID).map(JSON.string)), "deliveries": deliveries, "reason": .string(verdict.reason),
      "notified": .bool(verdict.notifies), "task_id": .string(task.id),
    ]
    let execution = AlertExecution(
      id: executionID, alertID: alert.id, namespaceID: alert.namespaceID, collectionID: collectionID, isTriggered: verdict.isTriggered,
      matchCount: Int64(count), executedAt: began, milliseconds: (host.surroundings.ticks() - ticks).inMilliseconds, details: details)
    return Look(execution: execution, verdict: verdict, deliveries: deliveries)
  }

  /// A match in the contract's shape; its score lies between 0 and 1, also where the retriever's does not.
  private func shown(_ match: JSONObject) -> JSON {
    var metadata = match
    for key in ["document_id", "collection_id", "score", "_internal"] { metadata[key] = nil }
    return [
      "document_id": match["document_id"] ?? .null, "collection_id": match["collection_id"] ?? .null,
      "score": alert.includesScores ? .double(max(0, min(1, match["score"]?.double ?? 1))) : 1, "metadata": .object(metadata),
    ]
  }

  private func payload(
    _ executionID: String, _ collectionID: String, _ count: Int, _ matches: [JSONObject], _ documents: [String], at now: Instant
  ) -> JSONObject {
    var payload: JSONObject = [
      "alert_id": .string(alert.id), "alert_name": .string(alert.name), "execution_id": .string(executionID), "retriever_id": .string(retriever.id),
      "collection_id": .string(collectionID), "match_count": .int(count), "source_documents": .array(documents.prefix(100).map(JSON.string)),
      "triggered_at": .instant(now),
    ]
    if alert.includesMatches { payload["matches"] = .array(matches.prefix(10).map(shown)) }
    return payload
  }

  /// What a look leaves behind: its record, when the alert last spoke, and the events.
  private func writes(_ look: Look) -> [Write] {
    var transaction = Transaction()
    transaction.append(look.execution, keeping: Host.keptExecutions)
    let isIngest = application != nil
    transaction.note(
      alert: alert.id, firedAt: look.verdict.notifies ? look.execution.executedAt : nil,
      isRaised: isIngest ? alert.isRaised : look.verdict.isTriggered)
    var writes: [Write] = [.statements(transaction)]
    if look.verdict.notifies {
      let execution = look.execution
      var payload = self.payload(
        execution.id, execution.collectionID, Int(execution.matchCount), [],
        execution.details["source_documents"]?.array?.compactMap(\.string) ?? [], at: execution.executedAt)
      if alert.includesMatches { payload["matches"] = .array(Array((execution.details["matches"]?.array ?? []).prefix(10))) }
      writes.append(.event(EventWrite(namespaceID: alert.namespaceID, type: .alertTriggered, payload: payload, depth: task.depth + 1)))
    }
    return writes
  }

  private func show(_ looks: [Look], _ product: inout TaskRun.Product) {
    product.outputs["executions"] = .array(looks.suffix(10).map { .string($0.execution.id) })
    product.outputs["triggered"] = .bool(looks.contains { $0.verdict.isTriggered })
    product.outputs["notified"] = .bool(looks.contains { $0.verdict.notifies })
    product.outputs["match_count"] = .int(looks.reduce(0) { $0 + $1.execution.matchCount })
    if let last = looks.last { product.outputs["reason"] = .string(last.verdict.reason) }
  }

  // MARK: - New documents

  private func lookAtNew(_ stored: StoredApplication, _ product: inout TaskRun.Product) throws(Problem) {
    var seen = stored.seen
    var looks: [Look] = []
    var documents = 0
    while true {
      try cancellation.check()
      let after = seen
      let events = try host.read { reader throws(Problem) in
        try reader.events(in: alert.namespaceID, since: after, type: .documentsAdded, collectionID: stored.collectionID, limit: 200)
      }
      guard let first = events.first else { break }
      // Whole events make a piece: how far it has come is one number.
      var (ids, last) = (first.documentIDs, first.seq)
      for event in events.dropFirst() where ids.count + event.documentIDs.count <= Self.piece && event.seq > last {
        ids += event.documentIDs
        last = event.seq
      }
      let inputs = try self.inputs(of: ids, stored)
      var transaction = Transaction()
      transaction.move(application: alert.id, at: stored.collectionID, through: last)
      var writes: [Write] = [.statements(transaction)]
      if !inputs.isEmpty {
        let current = try host.alert(alert.id, in: alert.namespaceID, path: "alert_id")
        let look = try look(inputs: inputs, at: stored.collectionID, current, isIngest: true)
        writes += self.writes(look)
        looks.append(look)
        documents += inputs.count
      }
      _ = try host.write(writes)
      seen = last
    }
    product.outputs["collection_id"] = .string(stored.collectionID)
    product.outputs["documents"] = .int(documents)
    show(looks, &product)
  }

  /// Of the documents that are still there, the inputs that they give.
  private func inputs(of ids: [String], _ stored: StoredApplication) throws(Problem) -> [(documentID: String?, values: JSONObject)] {
    let namespaceID = alert.namespaceID
    return try host.read { reader throws(Problem) in
      var result: [(documentID: String?, values: JSONObject)] = []
      for id in ids {
        guard let document = try reader.document(id, collectionID: stored.collectionID, in: namespaceID) else { continue }
        var values = alert.inputs
        values.set(stored.application.inputs(from: document).members)
        result.append((id, values))
      }
      return result
    }
  }

  /// An alert that is off does not make up for what came meanwhile.
  private func skip(_ stored: StoredApplication) throws(Problem) {
    var transaction = Transaction()
    transaction.move(
      application: alert.id, at: stored.collectionID, through: try host.read { reader throws(Problem) in try reader.highestSeq() })
    try host.commit(transaction)
  }
}
