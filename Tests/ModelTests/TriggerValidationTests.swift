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

  /// A change to the first good body, the path named, and a piece of the text.
  static let bad: [(String, JSON, String, String)] = [
    ("action_type", "clusterr", "action_type", "Did you mean 'cluster'?"),
    ("action_type", .null, "action_type", "missing"),
    ("action_config", [:], "action_config.cluster_id", "missing"),
    ("action_config", ["cluster_id": 5], "action_config.cluster_id", "expected a string, got integer 5"),
    ("action_config", ["cluster_id": "c", "filter": [:]], "action_config.filter", "Did you mean 'filters'?"),
    ("action_config", ["cluster_id": "c", "mode": "assign"], "action_config.mode", "not in this build"),
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
      (.event, ["event_type": "documents_add"], "event_type"), (.event, ["event_type": "documents_added", "cooldown_seconds": -1], "cooldown_seconds"),
      (.conditional, ["condition_type": "drift"], "threshold"), (.conditional, ["condition_type": "drift", "threshold": 1, "metric": "count"], "metric"),
      (.conditional, ["condition_type": "script"], "script"), (.conditional, ["condition_type": "volume", "threshold": 1, "operator": ">"], "operator"),
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
