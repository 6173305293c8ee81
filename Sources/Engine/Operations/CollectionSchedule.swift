import Basics
import Model
import Scheduling
import Store

/// A collection's own schedule: a trigger that processes it from its sources, made with the collection and gone with it.
///
/// The trigger is the only place where it is kept; whoever edits it there has edited the collection's schedule.
struct CollectionSchedule {
  private let type: TriggerType
  private let schedule: Schedule
  private let description: String?

  private static let names = ["trigger_type", "schedule_config", "description"]
  /// Marks the triggers that belong to a collection.
  private static func owner(_ collectionID: String) -> String { "collection:\(collectionID)" }

  /// Reads `{"trigger_type": "cron" | "interval", "schedule_config": {…}, "description"?}`; nil for null.
  init?(_ json: JSON?) throws(Problem) {
    guard let json, json != .null else { return nil }
    let fields = try Fields(json, path: "schedule", accepting: Self.names)
    guard let type: TriggerType = try fields.choice("trigger_type") else { throw fields.missing("trigger_type", example: "\"cron\"") }
    guard type == .cron || type == .interval else {
      throw Problem(
        .invalid, "a collection's schedule is 'cron' or 'interval', not '\(type.rawValue)'",
        hint: "Make a trigger with \"action_type\": \"collection_trigger\" for it: POST /v1/triggers", path: fields.at("trigger_type"))
    }
    guard let config = fields["schedule_config"] else { throw fields.missing("schedule_config", example: "{\"cron_expression\": \"0 2 * * *\"}") }
    self.type = type
    schedule = try Schedule(type, config, path: fields.at("schedule_config"))
    description = try fields.string("description")
  }

  /// The trigger of a collection, which need not be stored yet.
  func trigger(for collection: Collection, _ host: Host) throws(Problem) -> Trigger {
    let action = try Action(type: TaskRecord.Kind.collectionTrigger.rawValue, config: ["collection_id": .string(collection.id)])
    do throws(Problem) {
      _ = try host.sources(of: collection, Fields(.object(action.config)))
    } catch {
      throw Problem(
        .invalid, "a schedule processes a collection from its sources, and this one has none",
        hint: "Give \"source\": {\"type\": \"bucket\", \"bucket_ids\": […]}, or leave the schedule out", path: "schedule")
    }
    let now = host.surroundings.now()
    var trigger = Trigger(
      id: Identifier.make("trg", at: now, host.surroundings), namespaceID: collection.namespaceID, name: "\(collection.name) schedule",
      description: description, action: action, schedule: schedule, createdAt: now, createdBy: Self.owner(collection.id))
    trigger.nextScheduledAt = try timetable(trigger.createdAt, host).first(at: trigger.createdAt, of: schedule, isNew: true)
    return trigger
  }

  private func timetable(_ createdAt: Instant, _ host: Host) throws(Problem) -> Timetable {
    do throws(Problem) { return try Timetable(schedule, createdAt: createdAt, zones: host.zones) } catch { throw error.within("schedule") }
  }

  /// Makes it the schedule of a collection that is stored, in the place of the one before.
  func put(on collection: Collection, replacing old: Trigger?, _ host: Host) throws(Problem) {
    guard var changed = old, changed.schedule.type == type else {
      let fresh = try trigger(for: collection, host)
      if let old { try host.retire(old) }
      return try host.put(fresh, isNew: true)
    }
    let timetable = try timetable(changed.createdAt, host)
    changed.schedule = schedule
    changed.description = description
    changed.updatedAt = host.surroundings.now()
    changed.nextScheduledAt = timetable.first(at: changed.updatedAt, of: schedule, isNew: false)
    try host.put(changed, isNew: false)
  }

  /// The triggers of a namespace's collections, by collection.
  static func triggers(in namespaceID: String, of collectionID: String? = nil, _ reader: Reader) throws(Problem) -> [String: Trigger] {
    var found: [String: Trigger] = [:]
    var query = TriggerQuery(namespaceID: namespaceID, actionType: .collectionTrigger, resourceID: collectionID, limit: 1000)
    while true {
      let items = try reader.triggers(query).items
      for trigger in items where trigger.status != .disabled {
        if let id = trigger.action.resourceID, trigger.createdBy == owner(id) { found[id] = trigger }
      }
      guard items.count == query.limit else { return found }
      query.offset += query.limit
    }
  }
}

extension Host {
  func scheduleTrigger(of collection: Collection) throws(Problem) -> Trigger? {
    try read { reader throws(Problem) in try CollectionSchedule.triggers(in: collection.namespaceID, of: collection.id, reader)[collection.id] }
  }

  /// Deletes a trigger that belongs to something else.
  func retire(_ trigger: Trigger) throws(Problem) {
    var retired = trigger
    retired.status = .disabled
    retired.updatedAt = surroundings.now()
    try put(retired, isNew: false)
  }
}

extension Collection {
  func json(documentCount: Int64, _ trigger: Trigger?) -> JSON {
    var json = json(documentCount: documentCount).object ?? JSONObject()
    json["trigger_id"] = .optional(trigger?.id)
    json["schedule"] =
      trigger.map {
        [
          "trigger_type": .string($0.schedule.type.rawValue), "schedule_config": .object($0.schedule.json), "description": .optional($0.description),
        ]
      } ?? .null
    return .object(json)
  }
}
