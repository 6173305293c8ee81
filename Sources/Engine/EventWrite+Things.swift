import Basics
import Model

/// What is told of the things of a namespace when they come, change or go: enough to know which is meant, the rest can be read.
extension EventWrite {
  static func about(_ collection: Collection, _ type: Schedule.EventType) -> EventWrite {
    EventWrite(
      namespaceID: collection.namespaceID, type: type, collectionID: collection.id,
      payload: ["collection_id": .string(collection.id), "collection_name": .string(collection.name)])
  }

  static func about(_ cluster: ClusterDefinition, _ type: Schedule.EventType) -> EventWrite {
    EventWrite(
      namespaceID: cluster.namespaceID, type: type, payload: ["cluster_id": .string(cluster.id), "cluster_name": .string(cluster.name)])
  }

  static func about(_ taxonomy: Taxonomy, _ type: Schedule.EventType) -> EventWrite {
    EventWrite(
      namespaceID: taxonomy.namespaceID, type: type,
      payload: [
        "taxonomy_id": .string(taxonomy.id), "taxonomy_name": .string(taxonomy.name), "taxonomy_version": .int(taxonomy.version),
      ])
  }

  static func about(_ trigger: Trigger, _ type: Schedule.EventType) -> EventWrite {
    EventWrite(
      namespaceID: trigger.namespaceID, type: type,
      payload: [
        "trigger_id": .string(trigger.id), "trigger_name": .optional(trigger.name), "action_type": .string(trigger.action.kind.rawValue),
        "trigger_type": .string(trigger.schedule.type.rawValue),
      ])
  }

  /// Objects of one bucket.
  static func about(_ objectIDs: [String], of bucketID: String, in namespaceID: String, _ type: Schedule.EventType) -> EventWrite {
    var payload: JSONObject = ["bucket_id": .string(bucketID), "object_ids": .array(objectIDs.map(JSON.string)), "count": .int(objectIDs.count)]
    if objectIDs.count == 1 { payload["object_id"] = .string(objectIDs[0]) }
    return EventWrite(namespaceID: namespaceID, type: type, payload: payload)
  }
}

extension Schedule.EventType {
  /// What an edit of a trigger is.
  static func change(from before: Trigger.Status, to after: Trigger.Status) -> Schedule.EventType {
    if before == after { return .triggerUpdated }
    return switch after {
    case .disabled: .triggerDeleted
    case .paused: .triggerPaused
    case .active: .triggerResumed
    case .failed: .triggerUpdated
    }
  }
}
