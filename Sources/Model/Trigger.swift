package import Basics

/// When, what, and how it went so far.
package struct Trigger: Sendable, Equatable {
  package typealias ID = String

  package enum Status: String, Sendable, CaseIterable { case active, paused, disabled, failed }

  package var id: ID
  package var namespaceID: String
  package var name: String?
  package var description: String?
  package var action: Action
  package var schedule: Schedule
  package var status: Status

  /// When a pause ends by itself.
  package var pausedUntil: Instant?

  // What happened
  package var lastTriggeredAt: Instant?
  package var lastExecutionTaskID: String?
  /// The next due instant of cron and interval, the next check of a condition, the moment at which an absence is certain, or the probe of a
  /// trigger that failed; nil when nothing comes by itself.
  package var nextScheduledAt: Instant?
  /// Successful runs.
  package var executionCount: Int64
  package var consecutiveFailures: Int64
  package var lastExecutionStatus: String?
  package var lastExecutionError: String?
  /// Events since the last claim.
  package var eventCounter: Int64
  /// The last event row that the Lua filter has seen.
  package var eventCursor: Int64
  /// The first event since the last claim, and the last event of all.
  package var firstEventAt: Instant?
  package var lastEventAt: Instant?
  /// The end of another trigger's run that is to start this one, and has not yet.
  package var chain: Chain?
  /// How many runs led to the events counted, one after the other; a run that they start is one deeper.
  package var eventDepth: Int64
  package var lastCooldownAt: Instant?
  package var lastConditionCheckAt: Instant?
  package var baseline: Baseline?
  package var lastDriftMeasurement: JSONObject
  package var lastVolumeMeasurement: JSONObject
  /// Conditions fire on the change from false to true: armed means the last check was false.
  package var armed: Bool
  /// The scripts' own persistent table.
  package var state: JSONObject
  /// Counts claims and edits; a write made from an older reading loses against it.
  package var fence: Int64

  package var createdAt: Instant
  package var updatedAt: Instant
  package var createdBy: String?

  package init(
    id: ID, namespaceID: String, name: String? = nil, description: String? = nil, action: Action, schedule: Schedule, status: Status = .active,
    createdAt: Instant, createdBy: String? = nil
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.name = name
    self.description = description
    self.action = action
    self.schedule = schedule
    self.status = status
    executionCount = 0
    consecutiveFailures = 0
    eventCounter = 0
    eventCursor = 0
    eventDepth = 0
    lastDriftMeasurement = JSONObject()
    lastVolumeMeasurement = JSONObject()
    armed = true
    state = JSONObject()
    fence = 0
    self.createdAt = createdAt
    updatedAt = createdAt
    self.createdBy = createdBy
  }

  /// Reads a create request of the unified API.
  package init(creating body: JSON, in namespaceID: String, by creator: String?, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: ["action_type", "action_config", "trigger_type", "schedule_config", "name", "description", "status"])
    let kind = try fields.required("action_type", example: "\"cluster\"")
    guard let config = fields["action_config"] else { throw fields.missing("action_config", example: "{\"cluster_id\": \"clust_abc123\"}") }
    guard let type: TriggerType = try fields.choice("trigger_type") else { throw fields.missing("trigger_type", example: "\"cron\"") }
    guard let schedule = fields["schedule_config"] else {
      throw fields.missing("schedule_config", example: "{\"cron_expression\": \"0 2 * * *\", \"timezone\": \"UTC\"}")
    }
    let status: Status = try fields.choice("status") ?? .active
    guard status == .active || status == .paused else {
      throw Problem(.invalid, "a new trigger cannot be '\(status.rawValue)'", hint: "One of: active, paused", path: "status")
    }
    let now = surroundings.now()
    self.init(
      id: Identifier.make("trg", at: now, surroundings), namespaceID: namespaceID, name: try fields.string("name"),
      description: try fields.string("description"), action: try Action(type: kind, config: config), schedule: try Schedule(type, schedule),
      status: status, createdAt: now, createdBy: creator)
  }

  /// An active trigger whose next instant has passed, with any delay that its jitter may add.
  package func isOverdue(at now: Instant) -> Bool {
    status == .active && nextScheduledAt.map { $0 + .seconds(schedule.jitterSeconds) < now } ?? false
  }

  /// Whether the agenda has to know it: it is active, or it failed and is to be tried again.
  package var isScheduled: Bool { status == .active || isProbed || isPausedForAWhile }
  package var isPausedForAWhile: Bool { status == .paused && pausedUntil != nil }
  package var isProbed: Bool { status == .failed && schedule.probeAfterSeconds != nil && nextScheduledAt != nil }
  /// Active, and no instant will come any more: `at` or `end_at` has passed.
  package var hasEnded: Bool { status == .active && schedule.type != .event && nextScheduledAt == nil }

  package func json(at now: Instant) -> JSON {
    [
      "trigger_id": .string(id), "namespace_id": .string(namespaceID), "internal_id": "org_local", "name": .optional(name),
      "description": .optional(description), "action_type": .string(action.kind.rawValue), "action_config": .object(action.config),
      "trigger_type": .string(schedule.type.rawValue), "schedule_config": .object(schedule.json), "status": .string(status.rawValue),
      "last_triggered_at": .optional(lastTriggeredAt), "last_execution_task_id": .optional(lastExecutionTaskID),
      "next_scheduled_at": .optional(status == .active ? nextScheduledAt : nil), "execution_count": .int(executionCount),
      "consecutive_failures": .int(consecutiveFailures), "last_execution_status": .optional(lastExecutionStatus),
      "last_execution_error": .optional(lastExecutionError), "event_counter": .int(eventCounter), "last_cooldown_at": .optional(lastCooldownAt),
      "baseline_snapshot": .object(baseline?.json ?? JSONObject()), "last_drift_measurement": .object(lastDriftMeasurement),
      "last_volume_measurement": .object(lastVolumeMeasurement), "last_condition_check_at": .optional(lastConditionCheckAt),
      "created_at": .instant(createdAt), "updated_at": .instant(updatedAt), "created_by": .optional(createdBy),
      "is_overdue": .bool(isOverdue(at: now)),
      "has_ended": .bool(hasEnded), "paused_until": .optional(status == .paused ? pausedUntil : nil),
      "next_probe_at": .optional(isProbed ? nextScheduledAt : nil),
    ]
  }
}

/// The end of a trigger's run that starts another trigger (`on_success`, `on_failure`).
package struct Chain: Sendable, Equatable {
  package var at: Instant
  package var taskID: String
  /// How many runs led to it, one after the other.
  package var depth: Int64

  package init(at: Instant, taskID: String, depth: Int64) {
    self.at = at
    self.taskID = taskID
    self.depth = depth
  }
}
