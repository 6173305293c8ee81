import Basics
import Model
import Scheduling
import Store

/// Taxonomies and clusterings at a collection: each that is active has a trigger of its own, which anybody can see and pause. What was asked for, and
/// which trigger it became, is a note on the collection.
extension Host {
  private typealias Noted = (application: CollectionApplication, triggerID: String?)

  /// What a request says of a collection's applications, checked before anything is written; nil for a kind that it does not mention.
  func applications(_ body: JSON, in namespaceID: String) throws(Problem) -> [CollectionApplication.Kind: [CollectionApplication]] {
    var result: [CollectionApplication.Kind: [CollectionApplication]] = [:]
    for kind in CollectionApplication.Kind.allCases where body.object?[kind.field] != nil {
      var list = try CollectionApplication.list(body[kind.field], kind)
      for index in list.indices {
        let path = "\(kind.field)[\(index)]"
        switch kind {
        case .taxonomy: list[index].resolve(try taxonomy(list[index].subject, in: namespaceID, path: "\(path).taxonomy_id").id)
        case .cluster: list[index].resolve(try cluster(list[index].subject, in: namespaceID, path: "\(path).cluster_id").id)
        }
        if let target = list[index].targetCollection { _ = try collection(target, in: namespaceID, path: "\(path).target_collection_id") }
        if list[..<index].contains(where: { $0.subject == list[index].subject }) {
          throw Problem(.invalid, "the \(kind.rawValue) '\(list[index].subject)' is given twice", path: "\(path).\(kind.idKey)")
        }
      }
      result[kind] = list
    }
    return result
  }

  /// Makes these the applications of a collection; one that stays as it was keeps its trigger.
  func set(
    _ applications: [CollectionApplication.Kind: [CollectionApplication]], at collection: Collection, by creator: String
  ) throws(Problem) {
    guard !applications.isEmpty else { return }
    var note = JSONObject()
    for kind in CollectionApplication.Kind.allCases {
      let known = try noted(kind, at: collection.id)
      guard let wanted = applications[kind] else {
        note[kind.field] = Self.json(known)
        continue
      }
      var made: [Noted] = []
      for application in wanted {
        if let same = known.first(where: { $0.application == application }) {
          made.append(same)
        } else {
          made.append((application, application.isActive ? try watch(collection, with: application, by: creator) : nil))
        }
      }
      for old in known where !made.contains(where: { $0.triggerID == old.triggerID }) { try retire(id: old.triggerID) }
      note[kind.field] = Self.json(made)
    }
    var transaction = Transaction()
    transaction.setSetting(Self.name(collection.id), to: .object(note))
    try commit(transaction)
  }

  /// Adds one to those that a collection has.
  func add(_ application: CollectionApplication, at collection: Collection, by creator: String) throws(Problem) {
    let known = try noted(application.kind, at: collection.id).map(\.application)
    try set([application.kind: known + [application]], at: collection, by: creator)
  }

  /// Retires the triggers of a collection that goes.
  func retireApplications(at collection: Collection) throws(Problem) {
    for kind in CollectionApplication.Kind.allCases { for old in try noted(kind, at: collection.id) { try retire(id: old.triggerID) } }
    var transaction = Transaction()
    transaction.setSetting(Self.name(collection.id), to: .null)
    try commit(transaction)
  }

  /// The applications of a collection by the fields that show them; those of what is gone are left out.
  func applications(at collection: Collection, _ reader: Reader) throws(Problem) -> [JSONObject.Member] {
    guard let note = try reader.setting(Self.name(collection.id), at: surroundings.now()) else { return [] }
    var members: [JSONObject.Member] = []
    for kind in CollectionApplication.Kind.allCases {
      let all = try Self.noted(kind, note).map(\.application)
      if all.isEmpty { continue }
      var living: [JSON] = []
      for one in all {
        let isThere =
          switch kind {
          case .taxonomy: try reader.taxonomy(one.subject, in: collection.namespaceID) != nil
          case .cluster: try reader.cluster(one.subject, in: collection.namespaceID) != nil
          }
        if isThere { living.append(one.json) }
      }
      members.append(.init(key: kind.field, value: .array(living)))
    }
    return members
  }

  private static func name(_ collectionID: String) -> String { "applications.\(collectionID)" }

  private static func json(_ noted: [Noted]) -> JSON {
    .array(noted.map { ["given": $0.application.json, "trigger_id": .optional($0.triggerID)] })
  }

  private func note(at collectionID: String) throws(Problem) -> JSON? {
    try read { reader throws(Problem) in try reader.setting(Self.name(collectionID), at: surroundings.now()) }
  }

  private func noted(_ kind: CollectionApplication.Kind, at collectionID: String) throws(Problem) -> [Noted] {
    guard let note = try self.note(at: collectionID) else { return [] }
    return try Self.noted(kind, note)
  }

  private static func noted(_ kind: CollectionApplication.Kind, _ note: JSON) throws(Problem) -> [Noted] {
    var result: [Noted] = []
    for item in note[kind.field]?.array ?? [] {
      result.append((try CollectionApplication(item["given"] ?? .null, kind, path: kind.field), item["trigger_id"]?.string))
    }
    return result
  }

  private func watch(_ collection: Collection, with application: CollectionApplication, by creator: String) throws(Problem) -> String {
    var action: JSONObject = [application.kind.idKey: .string(application.subject)]
    var schedule: JSONObject = [
      "event_threshold": 1, "collection_id": .string(collection.id), "cooldown_seconds": .int(application.cooldownSeconds),
      "overlap": "queue_one", "priority": .int(application.startOrder),
    ]
    switch application.kind {
    case .taxonomy:
      // Documents that come by themselves are enriched like those of batches.
      schedule["event_type"] = .string(Schedule.EventType.documentsAdded.rawValue)
      action["collection_id"] = .string(collection.id)
      action["incremental"] = true
      if let target = application.targetCollection { action["target_collection_id"] = .string(target) }
      if let filters = application.filters { action["filters"] = filters }
    case .cluster:
      schedule["event_type"] = .string(Schedule.EventType.batchCompleted.rawValue)
      if let least = application.minimumDocuments, least > 0 {
        schedule["filter"] = [
          "source": .string("return function() return perigee.documents.count(\"\(collection.id)\") >= \(least) end")
        ]
      }
    }
    let body: JSON = [
      "action_type": .string(application.kind == .taxonomy ? TaskRecord.Kind.taxonomyEnrichment.rawValue : TaskRecord.Kind.cluster.rawValue),
      "action_config": .object(action), "trigger_type": "event", "schedule_config": .object(schedule),
      "name": .string("\(application.subject) at \(collection.name)"),
      "description": .string("Made with the collection's \(application.kind.field)"),
    ]
    var trigger = try Trigger(creating: body, in: collection.namespaceID, by: creator, surroundings: surroundings)
    let timetable = try check(&trigger)
    trigger.nextScheduledAt = timetable.first(at: trigger.createdAt, of: trigger.schedule, isNew: true)
    try put(trigger, isNew: true)
    return trigger.id
  }
}
