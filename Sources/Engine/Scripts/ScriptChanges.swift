import Basics
import Model
import Store

/// What a dry run changed in its copy of the store: documents by collection, and the things that were made, changed or deleted.
struct ScriptChanges {
  private let sandbox: ScriptSandbox
  private let namespaceID: String
  private let before: [String: [String: Thing]]

  private static let listed = 20
  private static let pageSize = 1000

  /// Looks at the copy before the run: what happens in the original meanwhile is not the script's.
  init(in sandbox: ScriptSandbox, _ namespaceID: String) throws(Problem) {
    self.sandbox = sandbox
    self.namespaceID = namespaceID
    before = try Self.things(sandbox.host, namespaceID)
  }

  /// What is different now.
  func json() throws(Problem) -> JSON {
    let copy = sandbox.host
    var result = JSONObject()
    let after = try Self.things(copy, namespaceID)
    for (kind, new) in after.sorted(by: { $0.key < $1.key }) {
      let old = before[kind] ?? [:]
      var change = JSONObject()
      let made = new.keys.filter { old[$0] == nil }.sorted()
      let gone = old.keys.filter { new[$0] == nil }.sorted()
      let changed = new.keys.filter { key in old[key].map { $0.definition != new[key]?.definition } ?? false }.sorted()
      func names(_ ids: [String], _ among: [String: Thing]) -> JSON { .array(ids.prefix(Self.listed).map { .string(among[$0]?.name ?? $0) }) }
      if !made.isEmpty { change["created"] = names(made, new) }
      if !gone.isEmpty { change["deleted"] = names(gone, old) }
      if !changed.isEmpty { change["changed"] = names(changed, new) }
      if !change.isEmpty { result[kind] = .object(change) }
    }
    // The counters of events say what happened to documents, without reading all of them.
    var documents = JSONObject()
    var cursor = sandbox.firstSeq
    while true {
      let page = cursor
      let events = try copy.read { reader throws(Problem) in try reader.events(in: namespaceID, since: page, limit: Self.pageSize) }
      // Of other things it is said above what became of them; events that a script reports are listed by their names.
      for event in events where event.type.isCustom || event.type.isOfDocuments {
        let name = after["collections"]?[event.collectionID]?.name ?? before["collections"]?[event.collectionID]?.name ?? "events"
        var counts = documents[name]?.object ?? JSONObject()
        let word =
          switch event.type {
          case .documentsAdded: "added"
          case .documentsUpdated: "updated"
          case .documentsDeleted: "deleted"
          default: event.type.rawValue
          }
        counts[word] = .int((counts[word]?.int ?? 0) + event.count)
        documents[name] = .object(counts)
      }
      guard let last = events.last, events.count == Self.pageSize else { break }
      cursor = last.seq
    }
    if !documents.isEmpty { result["documents"] = .object(documents) }
    return .object(result)
  }

  fileprivate struct Thing: Equatable {
    var name: String
    var definition: String
  }

  private static func things(_ host: Host, _ namespaceID: String) throws(Problem) -> [String: [String: Thing]] {
    let now = host.surroundings.now()
    return try host.read { reader throws(Problem) in
      var result: [String: [String: Thing]] = [:]
      func add(_ kind: String, _ id: String, _ name: String, _ definition: JSON) {
        result[kind, default: [:]][id] = Thing(name: name, definition: definition.text)
      }
      for kind in ["collections", "clusters", "triggers", "scripts", "kv"] { result[kind] = [:] }
      for item in try reader.collections(in: namespaceID, Page(limit: pageSize)).items {
        add(
          "collections", item.collection.id, item.collection.name,
          ["name": .string(item.collection.name), "metadata": .object(item.collection.metadata)])
      }
      for cluster in try reader.clusters(in: namespaceID, Page(limit: pageSize)).items {
        add("clusters", cluster.id, cluster.name, .instant(cluster.updatedAt))
      }
      for trigger in try reader.triggers(TriggerQuery(namespaceID: namespaceID, sortBy: .createdAt, descending: false, limit: pageSize)).items {
        add(
          "triggers", trigger.id, trigger.name ?? trigger.id,
          [.object(trigger.schedule.json), .string(trigger.status.rawValue), .optional(trigger.name), .optional(trigger.description)])
      }
      for script in try reader.scripts(in: namespaceID).items { add("scripts", script.id, script.name, .object(script.json)) }
      for (key, value) in try reader.values(in: namespaceID, at: now, limit: pageSize) { add("kv", key, key, value) }
      return result
    }
  }
}

extension Schedule.EventType {
  fileprivate var isOfDocuments: Bool { [.documentsAdded, .documentsUpdated, .documentsDeleted].contains(self) }
}
