import Basics
import Testing

@testable import Model

private let surroundings = Surroundings(now: { Instant(seconds: 1_767_225_600) }, ticks: { Ticks(nanoseconds: 0) }, random: { 7 })

private func problem(of body: JSON) -> Problem? {
  do throws(Problem) {
    _ = try Trigger(creating: body, in: "ns_1", by: nil, surroundings: surroundings)
    return nil
  } catch { return error }
}

@Suite("Triggers as they come in") struct TriggerValidationTests {
  static let good: [JSON] = [
    [
      "action_type": "cluster", "action_config": ["cluster_id": "clust_abc123"], "trigger_type": "cron",
      "schedule_config": ["cron_expression": "0 2 * * *", "timezone": "UTC"], "description": "Daily clustering at 2am",
    ],
    [
      "action_type": "cluster",
      "action_config": ["cluster_id": "clust_abc123", "filters": ["status": "active"], "output_collection_ids": ["col_daily_clusters"]],
      "trigger_type": "cron", "schedule_config": ["cron_expression": "0 2 * * *", "timezone": "UTC"],
    ],
    [
      "action_type": "taxonomy_enrichment", "action_config": ["taxonomy_id": "tax_products", "collection_id": "col_inventory", "batch_size": 1000],
      "trigger_type": "interval", "schedule_config": ["interval_seconds": 21600], "description": "Re-enrich products every 6 hours",
    ],
    [
      "action_type": "cluster", "action_config": ["cluster_id": "c", "hooks": ["after": ["source": "return function(ctx, result) end"]]],
      "trigger_type": "event",
      "schedule_config": ["event_type": "documents_added", "event_threshold": 100, "collection_id": "col_1", "cooldown_seconds": 300],
    ],
    [
      "action_type": "cluster", "action_config": ["cluster_id": "c"], "trigger_type": "conditional",
      "schedule_config": ["condition_type": "drift", "threshold": 0.3, "metric": "cosine_drift", "check_interval_seconds": 3600],
    ],
    [
      "action_type": "script", "action_config": ["script": ["source": "return 1"]], "trigger_type": "conditional",
      "schedule_config": ["condition_type": "script", "script": "return function(ctx) return true end"], "status": "paused",
    ],
  ]

  @Test("the API's own examples are accepted", arguments: good)
  func accepted(body: JSON) throws {
    let trigger = try Trigger(creating: body, in: "ns_1", by: "me", surroundings: surroundings)
    #expect(trigger.id.hasPrefix("trg_") && trigger.namespaceID == "ns_1" && trigger.createdBy == "me")
    let shown = try #require(trigger.json(at: trigger.createdAt).object)
    for required in ["namespace_id", "internal_id", "action_type", "action_config", "trigger_type", "schedule_config", "is_overdue"] {
      #expect(shown[required] != nil, "\(required) is required by the SDK")
    }
  }

  @Test("a schedule says its effective values, and reads them back as the same schedule", arguments: good)
  func schedulesRoundTrip(body: JSON) throws {
    let trigger = try Trigger(creating: body, in: "ns_1", by: nil, surroundings: surroundings)
    #expect(try Schedule(trigger.schedule.type, .object(trigger.schedule.json)) == trigger.schedule)
  }

  @Test(
    "every option says itself back, and what was left out is not made up",
    arguments: [
      (
        .cron,
        [
          "cron_expression": "0 2 * * *", "timezone": "Europe/Paris", "jitter_seconds": 30, "start_at": "2026-01-01T00:00:00Z",
          "end_at": "2027-01-01T00:00:00Z",
        ]
      ),
      (.cron, ["at": "2026-12-24T19:00:00+01:00"]), (.interval, ["at": "2026-12-24T18:00:00Z", "catch_up": "none"]),
      (.interval, ["interval_seconds": 60, "overlap": "queue", "max_queue": 3, "retry": ["max_attempts": 4, "backoff_seconds": 7]]),
      (
        .interval,
        [
          "interval_seconds": 60, "timezone": "Asia/Tokyo",
          "exclude": [["dates": ["2026-12-25"]], ["cron": "* * * * 6"], ["ical": "BEGIN:VCALENDAR"]],
        ]
      ),
      (.interval, ["interval_seconds": 60, "probe_after_seconds": 600, "overlap": "cancel_running"]),
      (.event, ["event_type": "custom.a.b-1", "filters": ["AND": [["field": "x", "operator": "gt", "value": 3]]], "window_seconds": 60]),
      (.event, ["event_type": "documents_added", "debounce_seconds": 5, "max_wait_seconds": 60]),
      (.event, ["event_type": "trigger.execution.failed", "absence_seconds": 9]),
      (.conditional, ["condition_type": "quality", "metric": "noise_ratio", "threshold": 0.4, "rearm_below": 0.2, "cluster_id": "c"]),
      (.conditional, ["condition_type": "drift", "metric": "mmd", "p_threshold": 0.01, "rearm_above": 0.1]),
      (.conditional, ["condition_type": "drift", "metric": "size_entropy_delta", "z_threshold": 3]),
      (.conditional, ["condition_type": "volume", "operator": "lt", "threshold": 4, "rearm_above": 8, "start_at": "2026-01-01T00:00:00Z"]),
      (.conditional, ["condition_type": "staleness", "threshold": 60, "mode": "level", "cooldown_seconds": 600]),
    ] as [(TriggerType, JSON)])
  func options(type: TriggerType, config: JSON) throws {
    let schedule = try Schedule(type, config)
    #expect(try Schedule(type, .object(schedule.json)) == schedule)
    for key in config.object?.keys ?? [] { #expect(schedule.json[key] != nil, "\(key)") }
    for key in ["start_at", "end_at", "exclude", "at", "window_seconds", "rearm_below", "probe_after_seconds", "max_queue"] where config[key] == nil {
      #expect(schedule.json[key] == nil, "\(key)")
    }
  }

  @Test(
    "a drift condition compares the number that its threshold is about",
    arguments: [
      (["metric": "mmd", "threshold": 0.1], 0.3, .gt), (["metric": "mmd", "p_threshold": 0.1], 0.02, .lt),
      (["metric": "mmd", "z_threshold": 2], -4, .gt),
      (["metric": "size_entropy_delta", "z_threshold": 2], 4, .gt), (["metric": "chi2_p", "threshold": 0.1], 0.3, .lt),
      (["metric": "ami", "threshold": 0.1], 0.3, .lt), (["metric": "mmd", "p_threshold": 0.1, "operator": "lte"], 0.02, .lte),
    ] as [(JSONObject, Double, Condition.Operator)])
  func scales(config: JSONObject, compared: Double, comparison: Condition.Operator) throws {
    var config = config
    config["condition_type"] = "drift"
    guard case .conditional(let condition) = try Schedule(.conditional, .object(config)).when else { return }
    #expect(condition.compared(in: ["value": 0.3, "p_value": 0.02, "z": -4]) == compared && condition.comparison == comparison)
    #expect(condition.compared(in: ["reason": "no_baseline"]) == nil)
  }

  /// Values, and whether they hold, arm or neither.
  @Test(
    "a value holds, arms the next crossing, or lies between",
    arguments: [
      (["operator": "gt", "threshold": 10], [(11, .holds), (10, .arms), (9, .arms), (.nan, .between)]),
      (["operator": "gt", "threshold": 10, "rearm_below": 8], [(11, .holds), (10, .between), (8, .between), (7.9, .arms)]),
      (["operator": "gt", "threshold": 10, "rearm_below": 10], [(11, .holds), (10, .arms)]),
      (["operator": "lte", "threshold": 10, "rearm_above": 12], [(10, .holds), (11, .between), (12, .between), (12.1, .arms), (.nan, .between)]),
      (["operator": "eq", "threshold": 10], [(10, .holds), (9, .arms)]),
    ] as [(JSONObject, [(Double, Condition.Reading)])])
  func readings(config: JSONObject, expected: [(Double, Condition.Reading)]) throws {
    var config = config
    config["condition_type"] = "volume"
    guard case .conditional(let condition) = try Schedule(.conditional, .object(config)).when else { return }
    for (value, reading) in expected { #expect(condition.reading(value) == reading, "\(value)") }
  }

  /// A change to the first good body, the path named, and a piece of the text.
  static let bad: [(String, JSON, String, String)] = [
    ("action_type", "clusterr", "action_type", "Did you mean 'cluster'?"),
    ("action_type", .null, "action_type", "missing"),
    ("action_config", [:], "action_config.cluster_id", "missing"),
    ("action_config", ["cluster_id": 5], "action_config.cluster_id", "expected a string, got integer 5"),
    ("action_config", ["cluster_id": "c", "filter": [:]], "action_config.filter", "Did you mean 'filters'?"),
    ("action_config", ["cluster_id": "c", "mode": "asign"], "action_config.mode", "Did you mean 'assign'?"),
    ("action_config", ["cluster_id": "c", "mode": "composite"], "action_config.source_execution_ids", "at least two runs"),
    ("action_config", ["cluster_id": "c", "hooks": ["befor": "x"]], "action_config.hooks.befor", "Did you mean 'before'?"),
    ("action_config", ["cluster_id": "c", "filters": ["OR": 5]], "action_config.filters.OR", "expected an array"),
    ("trigger_type", "chron", "trigger_type", "Did you mean 'cron'?"),
    ("schedule_config", ["cron": "0 2 * * *"], "schedule_config.cron", "unknown field"),
    ("schedule_config", [:], "schedule_config.cron_expression", "required field"),
    ("schedule_config", ["cron_expression": "0 2 * * *", "catch_up": "newest"], "schedule_config.catch_up", "One of: latest, none, all"),
    ("schedule_config", ["cron_expression": "0 2 * * *", "max_consecutive_failures": 0], "schedule_config.max_consecutive_failures", "out of range"),
    ("schedule_config", ["cron_expression": "0 2 * * *", "predicate": 5], "schedule_config.predicate", "expected an object"),
    ("status", "failed", "status", "cannot be 'failed'"),
    ("descripton", "x", "descripton", "Did you mean 'description'?"),
  ]

  @Test("a wrong field is named, with its value and a right one", arguments: bad)
  func refused(key: String, value: JSON, path: String, piece: String) throws {
    var body = try #require(Self.good[0].object)
    body[key] = value
    let found = try #require(problem(of: .object(body)))
    #expect(found.path == path)
    #expect(found.description.contains(piece), "\(found)")
  }

  @Test(
    "each type refuses what it cannot mean",
    arguments: [
      (TriggerType.interval, ["interval_seconds": 0], "interval_seconds"), (.interval, ["interval_seconds": 1.5], "interval_seconds"),
      (.interval, ["interval_seconds": "60"], "interval_seconds"), (.event, ["event_threshold": 5], "event_type"),
      (.event, ["event_type": "documents_add"], "event_type"),
      (.event, ["event_type": "documents_added", "cooldown_seconds": -1], "cooldown_seconds"),
      (.conditional, ["condition_type": "drift"], "threshold"),
      (.conditional, ["condition_type": "drift", "threshold": 1, "metric": "count"], "metric"),
      (.conditional, ["condition_type": "drift", "threshold": 1, "p_threshold": 0.1], "p_threshold"),
      (.conditional, ["condition_type": "drift", "z_threshold": 1, "p_threshold": 0.1], "z_threshold"),
      (.conditional, ["condition_type": "drift", "p_threshold": 1], "p_threshold"),
      (.conditional, ["condition_type": "drift", "p_threshold": 0], "p_threshold"),
      (.conditional, ["condition_type": "drift", "z_threshold": -1], "z_threshold"),
      (.conditional, ["condition_type": "drift", "z_threshold": "3"], "z_threshold"),
      (.conditional, ["condition_type": "drift", "metric": "ks", "z_threshold": 3], "z_threshold"),
      (.conditional, ["condition_type": "drift", "metric": "label_churn", "p_threshold": 0.1], "p_threshold"),
      (.conditional, ["condition_type": "drift", "p_threshold": 0.1, "operator": "gt"], "operator"),
      (.conditional, ["condition_type": "drift", "z_threshold": 3, "operator": "lt"], "operator"),
      (.conditional, ["condition_type": "drift", "p_threshold": 0.1, "rearm_above": 0.05], "rearm_above"),
      (.conditional, ["condition_type": "volume", "p_threshold": 0.1], "p_threshold"),
      (.cron, ["cron_expression": "* * * * *", "at": "2026-01-01T00:00:00Z"], "cron_expression"), (.cron, ["at": "tomorrow"], "at"),
      (.interval, ["interval_seconds": 60, "start_at": "2026-02-01T00:00:00Z", "end_at": "2026-01-01T00:00:00Z"], "end_at"),
      (.interval, ["interval_seconds": 60, "max_queue": 3], "max_queue"), (.interval, ["interval_seconds": 60, "overlap": "queue_two"], "overlap"),
      (.interval, ["interval_seconds": 60, "retry": ["max_attempt": 3]], "retry.max_attempt"),
      (.interval, ["interval_seconds": 60, "retry": ["backoff_seconds": 60, "max_backoff_seconds": 10]], "retry.max_backoff_seconds"),
      (.event, ["event_type": "documents_added", "max_wait_seconds": 9], "debounce_seconds"),
      (.event, ["event_type": "documents_added", "absence_seconds": 9, "window_seconds": 9], "window_seconds"),
      (.event, ["event_type": "custom."], "event_type"), (.event, ["event_type": "documents_added", "filters": 5], "filters"),
      (.event, ["event_type": "cluster.execution.failed", "collection_id": "col_1"], "collection_id"),
      (.event, ["event_type": "documents_added", "start_at": "2026-01-01T00:00:00Z"], "start_at"),
      (.conditional, ["condition_type": "volume", "threshold": 1, "rearm_above": 2], "rearm_above"),
      (.conditional, ["condition_type": "volume", "threshold": 1, "rearm_below": 2], "rearm_below"),
      (.conditional, ["condition_type": "volume", "threshold": 1, "cooldown_seconds": 2], "cooldown_seconds"),
      (.conditional, ["condition_type": "volume", "threshold": 1, "cluster_id": "c"], "cluster_id"),
      (.conditional, ["condition_type": "script"], "script"),
      (.conditional, ["condition_type": "volume", "threshold": 1, "operator": ">"], "operator"),
    ] as [(TriggerType, JSON, String)])
  func refusedByType(type: TriggerType, config: JSON, field: String) {
    #expect { try Schedule(type, config) } throws: { ($0 as? Problem)?.path == "schedule_config.\(field)" }
  }

  @Test("a script above 32 KiB is refused")
  func hugeScript() {
    let source = String(repeating: "-", count: 32 * 1024 + 1)
    #expect { try ScriptReference(.string(source), path: "predicate") } throws: { ($0 as? Problem)?.kind == .tooLarge }
  }
}
