import Basics
import Model
import TestSupport
import Testing

@testable import Engine

@Suite("Many triggers at once") struct BulkTests {
  private func fill(_ fixture: Fixture) throws -> [String] {
    try [
      fixture.trigger("cron", ["cron_expression": "0 2 * * *"]), fixture.trigger("cron", ["cron_expression": "0 3 * * *"]),
      fixture.trigger("interval", ["interval_seconds": 60]), fixture.trigger("event", ["event_type": "documents_added"]),
    ]
  }
  private func bulk(_ fixture: Fixture, _ body: JSON) throws -> JSON { try fixture.store.call("bulk_triggers", body: body) }

  @Test("a dry run changes nothing and tells what the same request then changes")
  func dryRun() throws {
    let fixture = try Fixture()
    let ids = try fill(fixture)
    try fixture.store.call("pause_trigger", path: ["trigger_id": ids[1]])
    let request: JSONObject = ["filter": ["trigger_type": "cron"], "action": "pause", "note": "deploy"]
    var dry = request
    dry["dry_run"] = true
    let told = try bulk(fixture, .object(dry))
    #expect(told["matched"] == 2 && told["changed"] == 1 && told["unchanged"] == 1)
    #expect(try fixture.read(ids[0])["status"] == "active")
    let done = try bulk(fixture, .object(request))
    #expect(done["results"] == told["results"])
    #expect(try ids.map { try fixture.read($0)["status"] } == ["paused", "paused", "active", "active"])
    let why = try fixture.store.call("explain_trigger", path: ["trigger_id": ids[0]])["text"]?.string ?? ""
    #expect(why.hasPrefix("It is paused (deploy; by local at 2026-01-01T00:00:00Z); resume it to let it fire."), "\(why)")
    #expect(try bulk(fixture, ["filter": ["status": "paused"], "action": "resume"])["changed"] == 2)
    #expect(try fixture.store.call("explain_trigger", path: ["trigger_id": ids[0]])["text"]?.string?.contains("deploy") == false)
  }

  @Test("execute starts a task of each, delete retires them, and both leave deleted ones alone")
  func executeAndDelete() throws {
    let fixture = try Fixture()
    let ids = try fill(fixture)
    let executed = try bulk(fixture, ["filter": ["ids": [.string(ids[0]), .string(ids[2])]], "action": "execute"])
    #expect(executed["changed"] == 2 && executed["results"]?.array?.allSatisfy { $0["task_id"]?.string?.hasPrefix("task_") == true } == true)
    try fixture.store.host.settle()
    #expect(try fixture.read(ids[0])["execution_count"] == 1)
    #expect(try bulk(fixture, ["filter": ["trigger_type": "cron"], "action": "delete"])["changed"] == 2)
    #expect(try bulk(fixture, ["filter": [:], "action": "delete", "dry_run": true])["matched"] == 2)
    let failed = try bulk(fixture, ["filter": ["status": "disabled"], "action": "resume"])
    #expect(failed["failed"] == 2 && failed["results"]?.array?.first?["error"]?.string?.contains("deleted") == true)
  }

  @Test("what is exported makes the same triggers again")
  func export() throws {
    let fixture = try Fixture()
    _ = try fill(fixture)
    let definitions = try bulk(fixture, ["filter": [:], "action": "export"])["triggers"]?.array ?? []
    #expect(definitions.count == 4)
    let other = try Fixture()
    for definition in definitions { try other.store.call("create_trigger", body: definition) }
    // Made at one instant, they come in the order of their identifiers, which are new.
    let again = try bulk(other, ["filter": [:], "action": "export"])["triggers"]?.array ?? []
    #expect(again.map(\.text).sorted() == definitions.map(\.text).sorted())
  }

  @Test(
    "names match with stars",
    arguments: [
      ("nightly", "nightly", true), ("nightly", "nightly-2", false), ("night*", "nightly", true), ("*ly", "nightly", true),
      ("*ght*", "nightly", true),
      ("n*t*y", "nightly", true), ("n*x*y", "nightly", false), ("*", "", true), ("a*a", "a", false), ("*ab*ab", "abab", true),
      ("*ab*ab", "ab", false),
    ])
  func names(pattern: String, name: String, matches: Bool) { #expect(NamePattern(pattern).matches(name) == matches) }

  @Test(
    "bad requests name their field",
    arguments: [
      ([:], "action"), (["action": "pause"], "filter"), (["action": "paus", "filter": [:]], "action"),
      (["action": "pause", "filter": ["typ": "cron"]], "filter.typ"),
      (["action": "pause", "filter": ["trigger_type": "crn"]], "filter.trigger_type"),
      (["action": "pause", "filter": ["ids": ["trg_none"]]], "filter.ids"),
    ] as [(JSON, String)])
  func refused(body: JSON, path: String) throws {
    let fixture = try Fixture()
    #expect { try bulk(fixture, body) } throws: { ($0 as? Problem)?.path == path }
  }

  @Test("a key that may not execute cannot execute many")
  func scope() throws {
    let fixture = try Fixture()
    _ = try fill(fixture)
    let writer = Caller(name: "writer", scopes: [.read, .write])
    #expect { try fixture.store.call("bulk_triggers", body: ["filter": [:], "action": "execute"], caller: writer) } throws: {
      ($0 as? Problem)?.kind == .forbidden
    }
  }
}

@Suite("Preview of whole triggers") struct PreviewTests {
  private func preview(_ fixture: Fixture, _ body: JSON) throws -> JSON { try fixture.store.call("preview_schedule", body: body) }

  @Test("each type says in words what it does, and when")
  func types() throws {
    let fixture = try Fixture(documents: 5)
    let cron = try preview(
      fixture,
      [
        "trigger_type": "cron", "schedule_config": ["cron_expression": "30 2 * * *", "timezone": "Europe/Paris", "dst_gap": "skip"],
        "after": "2026-03-28T12:00:00Z", "count": 2,
      ])
    #expect(cron["next"] == ["2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"], "\(cron.text)")
    #expect(cron["warnings"]?.array?.isEmpty == false && cron["schedule_config"]?["catch_up"] == "latest")
    let interval = try preview(
      fixture, ["trigger_type": "interval", "schedule_config": ["interval_seconds": 90, "start_immediately": true], "count": 2])
    #expect(interval["next"] == ["2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"] && interval["text"] == "Every 90 seconds")
    let event = try preview(fixture, ["trigger_type": "event", "schedule_config": ["event_type": "documents_added", "event_threshold": 100]])
    #expect(event["next"] == [] && event["text"] == "After 100 × documents_added")
    let condition = try preview(
      fixture,
      ["trigger_type": "conditional", "schedule_config": ["condition_type": "volume", "threshold": 3, "collection_id": "points"], "count": 1])
    #expect(condition["next_are"] == "checks" && condition["measured_now"]?["exceeded"] == true && condition["measured_now"]?["value"] == 5.0)
    let script = try preview(
      fixture,
      [
        "trigger_type": "interval",
        "schedule_config": ["interval_seconds": 60, "predicate": "return function(ctx) perigee.kv.set('x', 1) return true end"],
      ])
    #expect(script["script_now"]?["answer"] == "failed", "\(script.text)")
    #expect(try fixture.store.call("list_triggers")["total"] == 0)
  }

  @Test(
    "what cannot be created cannot be previewed",
    arguments: [
      (["trigger_type": "cron", "schedule_config": ["cron_expression": "99 * * * *"]], "schedule_config.cron_expression"),
      (["trigger_type": "event", "schedule_config": ["event_type": "documents_added", "collection_id": "pointz"]], "schedule_config.collection_id"),
      (
        ["trigger_type": "interval", "schedule_config": ["interval_seconds": 60], "action_type": "cluster", "action_config": ["cluster_id": "none"]],
        "action_config.cluster_id"
      ),
      (["trigger_type": "interval", "schedule_config": ["interval_seconds": 60], "timezone": "UTC"], "timezone"),
      (["trigger_type": "interval"], "schedule_config"), ([:], "cron_expression"),
    ] as [(JSON, String)])
  func refused(body: JSON, path: String) throws {
    let fixture = try Fixture()
    #expect { try preview(fixture, body) } throws: { ($0 as? Problem)?.path == path }
  }
}
