import Basics
import Model
import Scheduling
import Store

extension HostLoop {
  /// A set of writes as one transaction, and whom to tell when it is through.
  struct Plan {
    var transaction = Transaction()
    var report = WriteReport()
    var counted: [Counted] = []
    var filtering: Set<Trigger.ID> = []
    /// Triggers that it makes or edits, with when they come, and tasks that it starts.
    var triggers: [(id: Trigger.ID, timetable: Timetable)] = []
    var tasks: [TaskRecord] = []
    /// What the plan has made of documents so far, by collection and identifier: a later write of it builds on an earlier one.
    var documents: [String: [String: Standing]] = [:]

    /// Whether there is nothing to do when it is written.
    var isSilent: Bool { report.sequence == nil && counted.isEmpty && filtering.isEmpty && triggers.isEmpty && tasks.isEmpty }
  }

  /// What is known of a document in the middle of a plan.
  enum Standing {
    case stored
    case written(Document)
    case gone

    var isThere: Bool {
      if case .gone = self { false } else { true }
    }
  }

  struct Counted {
    var triggerID: Trigger.ID
    var count: Int64
    var at: Instant
    var depth: Int64
  }

  /// Runs that start one another by their events end here.
  static let deepest: Int64 = 8

  /// Turns writes into one transaction: documents with their vectors, the collection's count, one event row per kind of change, and the
  /// counters of the triggers that listen. An event exists exactly if its documents do.
  func plan(_ writes: [Write]) throws(Problem) -> Plan {
    var plan = Plan()
    for (place, write) in writes.enumerated() {
      switch write {
      case .statements(let transaction): plan.transaction.append(transaction)
      case .documents(let write): try add(write, to: &plan)
      case .event(let event): record(event, &plan)
      case .trigger(let trigger, let before):
        // Of several edits of one the last says all of it, and the first what they began with.
        if plan.triggers.contains(where: { $0.id == trigger.id }) { continue }
        let last = writes[place...].reduce(trigger) { last, write in
          if case .trigger(let later, _) = write, later.id == trigger.id { later } else { last }
        }
        try add(last, over: before, to: &plan)
      case .start(let task):
        plan.transaction.insert(task)
        plan.tasks.append(task)
      }
    }
    return plan
  }

  /// Tells the agenda, the filters and whoever follows the events what has been committed.
  func announce(_ plan: Plan) {
    untold = plan.report.sequence ?? untold
    for counted in plan.counted { agenda.count(counted.count, for: counted.triggerID, at: counted.at, depth: counted.depth) }
    for id in plan.filtering { askFilter(id) }
    for (id, timetable) in plan.triggers { take(up: id, timetable) }
    for task in plan.tasks { begin(task) }
  }

  /// Whether anybody would hear of an event that is only told then.
  func isWanted(_ type: Schedule.EventType) -> Bool { agenda.hasListeners(to: type) || parts.audience.wantsRuns }

  /// Writes an event, and counts it where somebody listens: each of its documents once, and anything else as one.
  func record(_ event: EventWrite, _ plan: inout Plan) {
    let now = now()
    sequence += 1
    plan.report.sequence = sequence
    let count = Int64(max(1, event.documentIDs.count))
    plan.transaction.append(
      DocumentEvent(
        seq: sequence, namespaceID: event.namespaceID, type: event.type, collectionID: event.collectionID, count: count,
        documentIDs: event.documentIDs, at: now, payload: event.payload, depth: event.depth))
    let (counting, filtering) = agenda.listeners(to: event.type, in: event.collectionID, of: event.namespaceID)
    if event.depth > Self.deepest {
      for id in counting + filtering { cut(id, event, &plan) }
      return
    }
    for id in counting where id != event.origin { tally(count, for: id, at: now, depth: event.depth, &plan) }
    plan.filtering.formUnion(filtering.filter { $0 != event.origin })
  }

  private func tally(_ count: Int64, for id: Trigger.ID, at instant: Instant, depth: Int64, _ plan: inout Plan) {
    let tally = agenda.tally(of: id, at: instant)
    plan.transaction.countEvents(id, by: count, at: instant, bucket: tally.bucket, next: tally.deadline, depth: depth)
    plan.counted.append(Counted(triggerID: id, count: count, at: instant, depth: depth))
  }

  /// A run that began with a run that began with a run …: the event is not counted, and both the log and the trigger's history say so.
  private func cut(_ id: Trigger.ID, _ event: EventWrite, _ plan: inout Plan) {
    log("warn", "trigger \(id): \(event.type.rawValue) is not counted, it came from \(event.depth) runs that started one another")
    note(id, .skipped, "loop", ["event_type": .string(event.type.rawValue), "depth": .int(event.depth)], in: &plan.transaction)
  }

  /// Lets a trigger's filter look at the events behind its cursor; one look at a time, or two would count the same events.
  func askFilter(_ id: Trigger.ID) {
    if filtering[id] != nil {
      filtering[id] = true
      return
    }
    openQuestions += 1
    filtering[id] = false
    parts.workers.ask(.filter(id))
  }

  private func add(_ write: DocumentWrite, to plan: inout Plan) throws(Problem) {
    var known = plan.documents.removeValue(forKey: write.collectionID) ?? [:]
    // A patch reads its document anyway.
    let asked = write.changes.compactMap { change -> String? in
      if case .patch = change { return nil }
      return known[change.documentID] == nil ? change.documentID : nil
    }
    for id in try readers.read({ reader throws(Problem) in try reader.existing(asked, in: write.collectionID) }) { known[id] = .stored }
    var added: [String] = []
    var updated: [String] = []
    var deleted: [String] = []
    for change in write.changes {
      let id = change.documentID
      let isThere = known[id]?.isThere ?? false
      switch change {
      case .insert(let document):
        if isThere {
          throw Problem(
            .conflict, "document '\(id)' exists in collection '\(write.collectionName)'", hint: "Upsert it, or leave document_id out",
            path: "document_id")
        }
        insert(document, write, &plan, &added)
        known[id] = .written(document)
      case .upsert(let document):
        if isThere {
          plan.transaction.update(document)
          updated.append(id)
        } else {
          insert(document, write, &plan, &added)
        }
        known[id] = .written(document)
      case .patch(_, let patch):
        guard var document = try current(id, known[id], write) else {
          if patch.skipsMissing { continue }
          throw missing(id, write)
        }
        document.fields.set(patch.fields.members.map { .init(key: $0.key, value: merged($0, over: document.fields)) })
        for member in patch.assignments { document.fields.setValue(member.value, at: member.key) }
        document.vectors = patch.vectors
        document.updatedAt = now()
        plan.transaction.update(document)
        plan.report.documents.append(document)
        updated.append(id)
        known[id] = .written(document)
      case .delete:
        guard isThere else { continue }
        plan.transaction.deleteDocument(id, from: write.collectionID)
        deleted.append(id)
        known[id] = .gone
      }
    }
    plan.documents[write.collectionID] = known
    if added.count != deleted.count { plan.transaction.adjustDocumentCount(write.collectionID, by: Int64(added.count - deleted.count)) }
    for (type, ids) in [(Schedule.EventType.documentsAdded, added), (.documentsUpdated, updated), (.documentsDeleted, deleted)] where !ids.isEmpty {
      record(EventWrite(namespaceID: write.namespaceID, type: type, collectionID: write.collectionID, documentIDs: ids, depth: write.depth), &plan)
    }
    plan.report.added += added.count
    plan.report.updated += updated.count
    plan.report.deleted += deleted.count
  }

  private func insert(_ document: Document, _ write: DocumentWrite, _ plan: inout Plan, _ added: inout [String]) {
    position += 1
    plan.transaction.insert(document, in: write.namespaceID, position: position)
    added.append(document.id)
  }

  private func current(_ id: String, _ standing: Standing?, _ write: DocumentWrite) throws(Problem) -> Document? {
    switch standing {
    case .written(let document): return document
    case .gone: return nil
    case .stored, nil: break
    }
    return try readers.read { reader throws(Problem) in
      try reader.document(id, collectionID: write.collectionID, in: write.namespaceID, vectors: false)
    }
  }

  private func missing(_ id: String, _ write: DocumentWrite) -> Problem {
    Problem(.notFound, "document '\(id)' is not in collection '\(write.collectionName)'", path: "document_id")
  }

  /// In `metadata` a null removes a key; elsewhere a value replaces the old one.
  private func merged(_ member: JSONObject.Member, over old: JSONObject) -> JSON {
    if member.key == "_internal", case .object(let changes) = member.value {
      return .object(Document.merge(changes, into: old["_internal"]?.object ?? JSONObject()))
    }
    guard member.key == "metadata", case .object(let changes) = member.value, case .object(var result)? = old[member.key] else { return member.value }
    result.set(changes.members, nullRemoves: true)
    return .object(result)
  }

  // MARK: - Event filters

  func take(_ filtered: Filtered) {
    openQuestions -= 1
    var transaction = Transaction()
    let id = filtered.triggerID
    // The cursor in any case: nothing may be looked at twice.
    transaction.countEvents(id, by: 0, cursor: filtered.through)
    for accepted in filtered.accepted {
      let tally = agenda.tally(of: id, at: accepted.at)
      transaction.countEvents(id, by: accepted.count, at: accepted.at, bucket: tally.bucket, next: tally.deadline, depth: accepted.depth)
    }
    if let forgotten = filtered.forgotten { transaction.remember(id, keys: filtered.keys, forgetting: forgotten) }
    add(transaction) { [self] outcome in
      let more = filtering.removeValue(forKey: filtered.triggerID) ?? false
      guard case .committed = outcome else { return log("error", "trigger \(filtered.triggerID): \(outcome.problem)") }
      for accepted in filtered.accepted { agenda.count(accepted.count, for: id, at: accepted.at, depth: accepted.depth) }
      if more { askFilter(filtered.triggerID) }
    }
    if let problem = filtered.problem { noteFailure(of: filtered.triggerID, problem) }
  }
}
