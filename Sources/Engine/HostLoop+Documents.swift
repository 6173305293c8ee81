import Basics
import Model
import Scheduling
import Store

extension HostLoop {
  /// A set of writes as one transaction, and whom to tell when it is through.
  struct Plan {
    var transaction = Transaction()
    var report = WriteReport()
    var counted: [(Trigger.ID, Int64)] = []
    var filtering: Set<Trigger.ID> = []
    /// What the plan has made of documents so far, by collection and identifier: a later write of it builds on an earlier one.
    var documents: [String: [String: Standing]] = [:]
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

  /// Turns writes into one transaction: documents with their vectors, the collection's count, one event row per kind of change, and the
  /// counters of the triggers that listen. An event exists exactly if its documents do.
  func plan(_ writes: [Write]) throws(Problem) -> Plan {
    var plan = Plan()
    for write in writes {
      switch write {
      case .statements(let transaction): plan.transaction.append(transaction)
      case .documents(let write): try add(write, to: &plan)
      }
    }
    return plan
  }

  /// Tells the agenda and the filters what has been committed.
  func announce(_ plan: Plan) {
    for (id, count) in plan.counted { agenda.count(count, for: id) }
    for id in plan.filtering { askFilter(id) }
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
          throw Problem(.conflict, "document '\(id)' exists in collection '\(write.collectionName)'", hint: "Upsert it, or leave document_id out", path: "document_id")
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
      record(type, ids, write, &plan)
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

  private func record(_ type: Schedule.EventType, _ ids: [String], _ write: DocumentWrite, _ plan: inout Plan) {
    sequence += 1
    plan.transaction.append(
      DocumentEvent(
        seq: sequence, namespaceID: write.namespaceID, type: type, collectionID: write.collectionID, count: Int64(ids.count), documentIDs: ids, at: now()))
    let (counting, filtering) = agenda.listeners(to: type, in: write.collectionID)
    for id in counting {
      plan.transaction.countEvents(id, by: Int64(ids.count))
      plan.counted.append((id, Int64(ids.count)))
    }
    plan.filtering.formUnion(filtering)
  }

  private func current(_ id: String, _ standing: Standing?, _ write: DocumentWrite) throws(Problem) -> Document? {
    switch standing {
    case .written(let document): return document
    case .gone: return nil
    case .stored, nil: break
    }
    return try readers.read { reader throws(Problem) in try reader.document(id, collectionID: write.collectionID, in: write.namespaceID, vectors: false) }
  }

  private func missing(_ id: String, _ write: DocumentWrite) -> Problem {
    Problem(.notFound, "document '\(id)' is not in collection '\(write.collectionName)'", path: "document_id")
  }

  /// In `metadata` a null removes a key; elsewhere a value replaces the old one.
  private func merged(_ member: JSONObject.Member, over old: JSONObject) -> JSON {
    guard member.key == "metadata", case .object(let changes) = member.value, case .object(var result)? = old[member.key] else { return member.value }
    result.set(changes.members, nullRemoves: true)
    return .object(result)
  }

  // MARK: - Lua event filters

  func take(_ filtered: Filtered) {
    openQuestions -= 1
    var transaction = Transaction()
    transaction.countEvents(filtered.triggerID, by: filtered.accepted, cursor: filtered.through)
    add(transaction) { [self] outcome in
      let more = filtering.removeValue(forKey: filtered.triggerID) ?? false
      guard case .committed = outcome else { return log("error", "trigger \(filtered.triggerID): \(outcome.problem)") }
      agenda.count(filtered.accepted, for: filtered.triggerID)
      if more { askFilter(filtered.triggerID) }
    }
    if let problem = filtered.problem { noteFailure(of: filtered.triggerID, problem) }
  }
}
