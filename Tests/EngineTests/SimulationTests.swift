import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("What would have fired") struct SimulationTests {
  private func simulate(_ fixture: Fixture, _ body: JSON) throws -> JSON { try fixture.store.call("simulate_trigger", body: body) }

  private func definition(_ type: String, _ schedule: JSON) -> JSON {
    ["action_type": "script", "action_config": ["script": "return 1"], "trigger_type": .string(type), "schedule_config": schedule]
  }

  private func outcomes(_ answer: JSON) -> [String: Int64] {
    var result: [String: Int64] = [:]
    for row in answer["decisions"]?.array ?? [] { result[row["reason"]?.string ?? "", default: 0] += row["count"]?.int ?? 0 }
    return result
  }

  @Test("a year of a cron trigger: every instant, in its zone, and not one more")
  func year() throws {
    let fixture = try Fixture()
    let daily = try simulate(
      fixture,
      [
        "trigger": definition("cron", ["cron_expression": "30 2 * * *", "timezone": "Europe/Paris"]), "from": "2025-01-01T00:00:00Z",
        "to": "2026-01-01T00:00:00Z",
        "limit": 1000,
      ])
    #expect(daily["fire_count"] == 365 && daily["truncated"] == .null && daily["through"] == "2026-01-01T00:00:00Z", "\(daily.text.prefix(500))")
    let instants = daily["fires"]?.array?.compactMap { $0["scheduled_at"]?.string } ?? []
    #expect(instants.first == "2025-01-01T01:30:00Z" && instants.contains("2025-03-30T01:00:00Z") && instants.contains("2025-03-31T00:30:00Z"))
    let minutely = try simulate(
      fixture,
      ["trigger": definition("cron", ["cron_expression": "* * * * *"]), "from": "2025-01-01T00:00:00Z", "to": "2025-01-08T00:00:00Z", "limit": 1])
    #expect(minutely["fire_count"] == 10_080 && minutely["fires"]?.array?.count == 1 && minutely["cost"]?["decisions"] == 10_080)
  }

  @Test("over the recorded past an unchanged trigger does what it did: every type")
  func asItWas() throws {
    let fixture = try Fixture()
    let ids = [
      try fixture.trigger("interval", ["interval_seconds": 45]), try fixture.trigger("cron", ["cron_expression": "*/2 * * * *"]),
      try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 10, "collection_id": "points", "cooldown_seconds": 100]),
      try fixture.trigger(
        "event", ["event_type": "documents_added", "event_threshold": 3, "filter": "return function(event) return event.document.kind == 'beta' end"]),
      try fixture.trigger(
        "conditional", ["condition_type": "volume", "metric": "added", "threshold": 12, "check_interval_seconds": 60, "collection_id": "points"]),
      try fixture.trigger("conditional", ["condition_type": "staleness", "threshold": 200, "check_interval_seconds": 30]),
      try fixture.trigger(
        "interval",
        ["interval_seconds": 20, "predicate": "return function(ctx) ctx.state.n = (ctx.state.n or 0) + 1 return ctx.state.n % 3 == 0, 'third' end"]),
    ]
    var random = SeededRandom(seed: 5)
    var documents = 0
    for _ in 0..<240 {
      try fixture.store.advance(by: .seconds(5))
      let count = Int.random(in: -8...4, using: &random)
      if count > 0 {
        try fixture.add(count, from: documents)
        documents += count
        try fixture.store.host.settle()
      }
    }
    for id in ids {
      let answer = try simulate(fixture, ["trigger_id": .string(id), "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:20:01Z", "limit": 1000])
      let difference = answer["difference"]
      #expect(
        difference?["added_count"] == 0 && difference?["missing_count"] == 0, "\(answer["trigger_type"]?.text ?? ""): \(difference?.text ?? "")")
      #expect(difference?["same"] == answer["actual"]?["fire_count"] && (difference?["same"]?.int ?? 0) > 1, "\(answer.text.prefix(800))")
    }
    // And from the middle on, where counters and cooldowns are those of that moment.
    for id in [ids[0], ids[1], ids[2], ids[5]] {
      let answer = try simulate(fixture, ["trigger_id": .string(id), "from": "2026-01-01T00:07:33Z", "to": "2026-01-01T00:20:01Z"])
      #expect(answer["difference"]?["added_count"] == 0 && answer["difference"]?["missing_count"] == 0, "\(answer["difference"]?.text ?? "")")
    }
  }

  /// Of a recorded hour: every fire with its instant, reason and numbers, and how many decisions of each kind were no fires.
  private func lived(_ fixture: Fixture, _ id: String) throws -> [String] {
    let rows =
      try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id], query: ["limit": 1000])["results"]?.array?.reversed() ?? []
    var fires: [JSON] = []
    var others: [String: Int64] = [:]
    for row in rows {
      guard row["outcome"] == "fired" else {
        others["\(row["outcome"]?.string ?? "") \(row["reason"]?.string ?? "")", default: 0] += row["count"]?.int ?? 0
        continue
      }
      var fire: JSONObject = ["scheduled_at": row["scheduled_at"] ?? .null, "at": row["first_at"] ?? .null, "reason": row["reason"] ?? .null]
      var detail = row["detail"]?.object ?? JSONObject()
      if let events = detail["events"] { fire["events"] = events }
      for key in ["events", "definition", "cost", "measured_at", "m", "n", "document_count", "baseline_document_count"] { detail[key] = nil }
      if !detail.isEmpty { fire["detail"] = .object(detail) }
      fires.append(.object(fire))
    }
    return fires.map { Self.withoutDelay($0).text } + others.map { "\($0.key): \($0.value)" }.sorted()
  }

  /// The moment of a fire is that of its instant here, unless jitter delays it: the clock of the test goes in steps.
  private static func withoutDelay(_ fire: JSON) -> JSON {
    guard var object = fire.object, object["at"] != object["scheduled_at"] else { return fire }
    object["at"] = "later"
    return .object(object)
  }

  private func simulated(_ answer: JSON) -> [String] {
    var fires: [JSON] = []
    for fire in answer["fires"]?.array ?? [] {
      var fire = fire.object ?? JSONObject()
      var detail = fire["detail"]?.object ?? JSONObject()
      for key in ["measured_at", "m", "n", "document_count", "baseline_document_count"] { detail[key] = nil }
      fire["detail"] = detail.isEmpty ? nil : .object(detail)
      fires.append(.object(fire))
    }
    let others = answer["decisions"]?.array?.map { "\($0["outcome"]?.string ?? "") \($0["reason"]?.string ?? ""): \($0["count"]?.int ?? 0)" } ?? []
    return fires.map { Self.withoutDelay($0).text } + others.sorted()
  }

  @Test("over a recorded hour the simulation is what ran, byte for byte, whatever the trigger", arguments: 1...3)
  func hour(seed: UInt64) throws {
    let fixture = try Fixture()
    let counting =
      "return function(ctx) ctx.state.n = (ctx.state.n or 0) + 1 if ctx.state.n % 3 == 0 then return true, 'yes ' .. ctx.state.n end return false, 'not yet' end"
    let schedules: [(String, JSON)] = [
      ("interval", ["interval_seconds": 45]), ("interval", ["interval_seconds": 300, "jitter_seconds": 120, "exclude": [["cron": "20-39 * * * *"]]]),
      ("interval", ["interval_seconds": 60, "anchor": "fixed_delay", "end_at": "2026-01-01T00:50:00Z"]),
      ("interval", ["interval_seconds": 20, "predicate": .string(counting)]),
      ("cron", ["cron_expression": "*/7 * * * *", "timezone": "Asia/Kathmandu"]), ("cron", ["cron_expression": "15,45 */2 * * * *"]),
      ("cron", ["at": "2026-01-01T00:33:20Z"]),
      ("event", ["event_type": "custom.order", "event_threshold": 4, "cooldown_seconds": 95]),
      ("event", ["event_type": "custom.order", "event_threshold": 3, "window_seconds": 120]),
      ("event", ["event_type": "custom.order", "debounce_seconds": 40, "max_wait_seconds": 150]),
      ("event", ["event_type": "custom.order", "absence_seconds": 90]),
      ("event", ["event_type": "custom.order", "dedupe_key": "customer", "dedupe_seconds": 600]),
      ("event", ["event_type": "custom.order", "filters": ["field": "amount", "operator": "gt", "value": 50], "predicate": .string(counting)]),
      ("event", ["event_type": "custom.order", "event_threshold": 2, "filter": "return function(event) return event.payload.amount < 50 end"]),
      (
        "conditional",
        [
          "condition_type": "volume", "metric": "count", "operator": "gte", "threshold": 40, "rearm_below": 30, "check_interval_seconds": 60,
          "collection_id": "points",
        ]
      ),
      (
        "conditional",
        [
          "condition_type": "volume", "metric": "count", "threshold": 20, "mode": "level", "cooldown_seconds": 400, "check_interval_seconds": 90,
          "collection_id": "points",
        ]
      ),
      ("conditional", ["condition_type": "script", "script": .string(counting), "check_interval_seconds": 35]),
      ("conditional", ["condition_type": "staleness", "threshold": 500, "check_interval_seconds": 30]),
    ]
    let ids = try schedules.map { try fixture.trigger($0.0, $0.1) }
    var random = SeededRandom(seed: seed)
    var documents: [Int] = []
    var made = 0
    for _ in 0..<720 {
      try fixture.store.advance(by: .seconds(5))
      for _ in 0..<max(0, Int.random(in: -12...2, using: &random)) {
        let payload: JSON = ["amount": .int(Int.random(in: 1...100, using: &random)), "customer": .int(Int.random(in: 1...9, using: &random))]
        try fixture.store.call("emit_event", body: ["event_type": "custom.order", "payload": payload])
        try fixture.store.host.settle()
      }
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        let count = Int.random(in: 1...9, using: &random)
        try fixture.add(count, from: made)
        documents += made..<made + count
        made += count
      case 1 where documents.count > 6:
        for _ in 0..<6 {
          let gone = documents.remove(at: Int.random(in: documents.indices, using: &random))
          try fixture.store.call("delete_document", path: ["collection_identifier": "points", "document_id": .init("d\(gone)")])
        }
      default: break
      }
    }
    try fixture.store.host.settle()
    for (id, schedule) in zip(ids, schedules) {
      let answer = try simulate(
        fixture, ["trigger_id": .string(id), "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00.001Z", "limit": 1000])
      let (was, would) = (try lived(fixture, id), simulated(answer))
      let odd = zip(was, would).first { $0 != $1 }
      #expect(was.count == would.count && odd == nil, "\(schedule.1.text): \(was.count) and \(would.count), first \(odd.map { "\($0)" } ?? "")")
      // And from a moment within it: scripts with a state and filters begin anew there, everything else as it was.
      if ["return function", "dedupe_key", "filters"].contains(where: schedule.1.text.contains) { continue }
      // Nor can an event be told from a fire of the same moment, of which the steps of this clock make many.
      if ["cooldown_seconds\":95", "absence_seconds"].contains(where: schedule.1.text.contains) { continue }
      let rest = try simulate(fixture, ["trigger_id": .string(id), "from": "2026-01-01T00:21:07Z", "to": "2026-01-01T01:00:00.001Z", "limit": 1000])
      let fires = was.filter { $0.hasPrefix("{") && $0 >= "{\"scheduled_at\":\"2026-01-01T00:21:07" }
      #expect(simulated(rest).filter { $0.hasPrefix("{") } == fires, "\(schedule.1.text) from the middle")
    }
  }

  @Test("a change is compared with what really fired: added and missing instants")
  func changes() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 10, "collection_id": "points"])
    for number in 0..<6 {
      try fixture.store.advance(by: .seconds(60))
      try fixture.add(5, from: number * 5)
      try fixture.store.host.settle()
    }
    try fixture.store.advance(by: .seconds(60))
    let eager = try simulate(fixture, ["trigger_id": .string(id), "changes": ["schedule_config": ["event_threshold": 5]]])
    #expect(eager["fire_count"] == 6 && eager["actual"]?["fire_count"] == 3)
    #expect(eager["difference"]?["added"] == ["2026-01-01T00:01:00Z", "2026-01-01T00:03:00Z", "2026-01-01T00:05:00Z"])
    let lazy = try simulate(fixture, ["trigger_id": .string(id), "changes": ["schedule_config": ["cooldown_seconds": 200]]])
    #expect(
      lazy["fire_count"] == 2 && lazy["difference"]?["missing_count"] == 2 && lazy["difference"]?["added_count"] == 1,
      "\(lazy["difference"]?.text ?? "")")
    #expect(try fixture.read(id)["schedule_config"]?["event_threshold"] == 10)
  }

  @Test("recorded measurements are compared with another threshold; without any it says so")
  func measurements() throws {
    let fixture = try Fixture(documents: 1)
    let id = try fixture.trigger(
      "conditional", ["condition_type": "volume", "threshold": 1000, "operator": "gte", "check_interval_seconds": 60, "collection_id": "points"])
    for number in 0..<10 {
      try fixture.add(2, from: 10 + number * 2)
      try fixture.store.advance(by: .seconds(60))
    }
    // All ten were equal decisions, and one row keeps the newest number.
    let low = try simulate(fixture, ["trigger_id": .string(id), "changes": ["schedule_config": ["threshold": 15]]])
    #expect(low["fire_count"]?.int ?? 0 > 0 && low["measurements"]?["missing"] == 0 && low["measurements"]?["coalesced"]?.int ?? 0 > 0, "\(low.text)")
    let other = try simulate(fixture, ["trigger_id": .string(id), "changes": ["schedule_config": ["metric": "added"]]])
    #expect(other["fire_count"] == 0 && outcomes(other)["no measurement on record"] ?? 0 > 0)
    #expect(other["notes"]?.array?.contains { $0.string?.hasPrefix("No measurement") == true } == true)
    // A trigger that does not exist yet uses what another one measured of the same collection.
    let proposed = try simulate(
      fixture,
      [
        "trigger": definition(
          "conditional", ["condition_type": "volume", "threshold": 15, "operator": "gte", "check_interval_seconds": 120, "collection_id": "points"]),
        "from": "2026-01-01T00:00:00Z",
      ])
    #expect(proposed["fire_count"]?.int ?? 0 > 0 && proposed["actual"] == nil)
  }

  @Test("a script cannot write, sees the virtual clock, and throws the same dice every time")
  func scripts() throws {
    let fixture = try Fixture()
    func run(_ source: String) throws -> JSON {
      try simulate(
        fixture,
        [
          "trigger": definition("interval", ["interval_seconds": 60, "predicate": .string(source)]), "from": "2025-12-31T00:00:00Z",
          "to": "2025-12-31T00:10:01Z",
        ])
    }
    let writing = try run("return function(ctx) perigee.kv.set('seen', true) return true end")
    #expect(writing["fire_count"] == 0 && outcomes(writing)["error"] == 10, "\(writing.text)")
    #expect(throws: Problem.self) { try fixture.store.call("get_kv", path: ["key": "seen"]) }
    let clock = try run(
      "return function(ctx) ctx:explain('gap', perigee.time.now() - ctx.now) return ctx.now == ctx.scheduled_at and perigee.time.now() == ctx.now end"
    )
    #expect(clock["fire_count"] == 10, "\(clock.text)")
    let dice = "return function(ctx) return math.random() < 0.5 end"
    #expect(try run(dice)["fires"] == run(dice)["fires"])
    #expect(try run("return function() while true do end end")["decisions"]?.array?.first?["reason"] == "budget")
  }

  @Test("runs that take longer than the interval are skipped as they would be live")
  func overlap() throws {
    let fixture = try Fixture()
    let answer = try simulate(
      fixture,
      ["trigger": definition("interval", ["interval_seconds": 60]), "from": "2025-01-01T00:00:00Z", "to": "2025-01-01T01:00:01Z", "run_seconds": 90])
    #expect(answer["fire_count"] == 30 && outcomes(answer) == ["overlap": 30], "\(answer.text)")
    #expect(answer["cost"]?["run_seconds"] == 2700.0)
  }

  @Test("ends at its bounds, and says how far it came")
  func bounds() throws {
    let fixture = try Fixture()
    let trigger = definition("interval", ["interval_seconds": 1])
    let few = try simulate(fixture, ["trigger": trigger, "from": "2025-01-01T00:00:00Z", "to": "2025-01-02T00:00:00Z", "max_fires": 100])
    #expect(few["truncated"] == "max_fires" && few["fire_count"] == 100 && few["through"] == "2025-01-01T00:01:40Z")
    // The test's clock moves with every look at it.
    let asking = definition("interval", ["interval_seconds": 1, "predicate": "return true"])
    let slow = try simulate(fixture, ["trigger": asking, "from": "2025-01-01T00:00:00Z", "to": "2025-01-02T00:00:00Z", "deadline_seconds": 0.01])
    #expect(slow["truncated"] == "deadline" && (100..<20_000).contains(slow["fire_count"]?.int ?? 0), "\(slow["cost"]?.text ?? "")")
  }

  @Test(
    "bad requests name their field",
    arguments: [
      ([:], "trigger_id"), (["trigger_id": "trg_none"], "trigger_id"), (["trigger": ["trigger_type": "cron"]], "trigger.action_type"),
      (["trigger": [:], "trigger_id": "x"], "trigger_id"), (["from": "2026-01-02", "to": "2026-01-01"], "from"),
      (["from": "1990-01-01", "to": "2026-01-01"], "to"),
      (["frm": "2026-01-01"], "frm"), (["max_fires": 0], "max_fires"),
    ] as [(JSON, String)])
  func refused(body: JSON, path: String) throws {
    let fixture = try Fixture()
    #expect { try simulate(fixture, body) } throws: { ($0 as? Problem)?.path == path }
  }
}
