import Basics
import Model
import TestSupport
import Testing

@testable import Engine

@Suite("Stored scripts") struct StoredScriptTests {
  private func store() throws -> TemporaryStore { try TemporaryStore() }

  @discardableResult
  private func create(
    _ name: String, _ kind: String, _ source: String, tests: String? = nil, events: JSON? = nil, in store: TemporaryStore
  ) throws -> JSON {
    var body: JSONObject = ["name": .string(name), "kind": .string(kind), "source": .string(source)]
    if let tests { body["tests"] = .string(tests) }
    if let events { body["events"] = events }
    return try store.call("create_script", body: .object(body))
  }

  private func problem(_ body: () throws -> Void) throws -> Problem {
    do { try body() } catch { return try #require(error as? Problem) }
    Issue.record("nothing was thrown")
    return Problem(.internal, "")
  }

  @Test("are read by name and by id, listed by kind, and deleted with their versions") func life() throws {
    let store = try store()
    let made = try create("urgent", "predicate", "return ctx.now > 0", in: store)
    #expect(made["active_version"] == 1 && made["status"] == "active" && made["warnings"] == [])
    let id = try #require(made["script_id"]?.string)
    for name in ["urgent", id] {
      let read = try store.call("get_script", path: ["script_id": name])
      #expect(read["source"] == "return ctx.now > 0" && read["version"] == 1 && read["kind"] == "predicate")
    }
    try create("words", "module", "return {}", in: store)
    #expect(try store.call("list_scripts", body: ["kind": "module"])["results"]?.array?.compactMap { $0["name"]?.string } == ["words"])
    #expect(try store.call("list_scripts")["total_count"] == 2)
    try store.call("delete_script", path: ["script_id": "urgent"])
    #expect(try problem { try store.call("get_script", path: ["script_id": "urgent"]) }.kind == .notFound)
  }

  @Test("get a version for each change, and none when nothing changes; old ones are restored") func versions() throws {
    let store = try store()
    try create("p", "predicate", "return false, 'one'", in: store)
    let second = try store.call("put_script", path: ["script_id": "p"], body: ["source": "return true, 'two'", "note": "louder"])
    #expect(second["active_version"] == 2 && second["unchanged"] == false)
    #expect(try store.call("put_script", path: ["script_id": "p"], body: ["source": "return true, 'two'"])["unchanged"] == true)
    let versions = try store.call("list_script_versions", path: ["script_id": "p"])["results"]?.array ?? []
    #expect(versions.compactMap { $0["version"]?.int } == [2, 1] && versions.compactMap { $0["status"]?.string } == ["active", "superseded"])
    #expect(versions.first?["note"] == "louder")
    try store.call("restore_script", path: ["script_id": "p"], body: ["version": 1])
    #expect(try store.call("run_script", path: ["script_id": "p"])["reason"] == "one")
    #expect(try store.call("run_script", path: ["script_id": "p"], body: ["version": 2])["reason"] == "two")
    #expect(try problem { try store.call("restore_script", path: ["script_id": "p"], body: ["version": 9]) }.message.contains("no version 9"))
  }

  @Test(
    "are refused with what is wrong, and nothing is stored",
    arguments: [
      (["name": "a", "kind": "predicate", "source": "return ("], "source"), (["name": "a b", "kind": "predicate", "source": "return 1"], "name"),
      (["name": "a", "kind": "predicat", "source": "return 1"], "kind"), (["name": "a", "source": "return 1"], "kind"),
      (["name": "a", "kind": "predicate"], "source"), (["name": "a", "kind": "filter", "source": "true", "events": ["documents_added"]], "events"),
      (["name": "a", "kind": "hook", "source": "true", "events": ["documents_add"]], "events[0]"),
      (["name": "a", "kind": "predicate", "source": "true", "extra": 1], "extra"),
    ] as [(JSON, String)])
  func refused(body: JSON, path: String) throws {
    let store = try store()
    let problem = try problem { try store.call("create_script", body: body) }
    #expect(problem.path == path, "\(problem)")
    #expect(try store.call("list_scripts")["total_count"] == 0)
  }

  @Test("with failing tests are kept as drafts, and the version before stays active") func drafts() throws {
    let store = try store()
    let tests = "test('holds above ten', function(t) t:equal(t:run{ctx = {n = 11}}.value, true) t:equal(t:run{ctx = {n = 10}}.value, false) end)"
    let first = try create("many", "predicate", "return ctx.n > 10", tests: tests, in: store)
    #expect(first["active_version"] == 1 && first["tests"]?["passed"] == 1)
    let second = try store.call("put_script", path: ["script_id": "many"], body: ["source": "return ctx.n > 5", "tests": .string(tests)])
    #expect(second["active_version"] == 1 && second["version"] == 2 && second["status"] == "draft")
    let failure = second["tests"]?["failures"]?.array?.first
    #expect(failure?["name"] == "holds above ten" && failure?["message"]?.string?.contains("it is true, expected false") == true, "\(second.text)")
    #expect(try problem { try store.call("restore_script", path: ["script_id": "many"], body: ["version": 2]) }.kind == .conflict)
    let never = try create("never", "predicate", "return true", tests: "test('no', function(t) t:ok(false) end)", in: store)
    #expect(never["active_version"] == .null)
    #expect(try problem { try store.call("run_script", path: ["script_id": "never"]) }.message.contains("no active version"))
  }

  @Test("decide for triggers that name them, in the version that is active at the moment") func predicates() throws {
    let store = try store()
    try create("gate", "predicate", "return false, 'closed'", in: store)
    try create("act", "action", "perigee.kv.set('ran', (perigee.kv.get('ran') or 0) + 1) return 'done'", in: store)
    let trigger = try store.call(
      "create_trigger",
      body: [
        "action_type": "script", "action_config": ["script": ["name": "act"]], "trigger_type": "interval",
        "schedule_config": ["interval_seconds": 60, "predicate": ["script": "gate"]],
      ])
    let id = try #require(trigger["trigger_id"]?.string)
    try store.advance(by: .seconds(60))
    var evaluations = try store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array ?? []
    #expect(evaluations.first?["outcome"] == "held" && evaluations.first?["reason"] == "closed")
    #expect(evaluations.first?["detail"]?["stored_script"] == ["name": "gate", "version": 1])
    let held = try #require(evaluations.first?["evaluation_id"]?.string)
    try store.call("put_script", path: ["script_id": "gate"], body: ["source": "return true, 'open'"])
    try store.advance(by: .seconds(60))
    evaluations = try store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array ?? []
    #expect(evaluations.first?["outcome"] == "fired")
    #expect(try store.call("get_kv", path: ["key": "ran"])["value"] == 1)
    // What was decided then is decided again as it was then.
    let replay = try store.call("replay_evaluation", path: ["evaluation_id": held])
    #expect(replay["same"] == true, "\(replay.text)")
    let inUse = try problem { try store.call("delete_script", path: ["script_id": "gate"]) }
    #expect(inUse.kind == .conflict && inUse.message.contains("is used by a trigger"))
  }

  @Test(
    "that a trigger names have to exist, be of the right kind, and be named once",
    arguments: [
      (["name": "gat"], "schedule_config.predicate.name", "gate"), (["name": "act"], "schedule_config.predicate.name", nil),
      (["name": "gate", "source": "true"], "schedule_config.predicate.source", nil),
      (["name": "gate", "version": 7], "schedule_config.predicate.version", nil),
      (["source": "true", "version": 1], "schedule_config.predicate.version", nil),
    ] as [(JSON, String, String?)])
  func references(predicate: JSON, path: String, near: String?) throws {
    let store = try store()
    try create("gate", "predicate", "return false", in: store)
    try create("act", "action", "return 1", in: store)
    let problem = try problem {
      try store.call(
        "create_trigger",
        body: [
          "action_type": "script", "action_config": ["script": ["name": "act"]], "trigger_type": "interval",
          "schedule_config": ["interval_seconds": 60, "predicate": predicate],
        ])
    }
    #expect(problem.path == path && problem.didYouMean == near, "\(problem)")
  }

  @Test("filter events, and hook into actions by their entries") func filtersAndHooks() throws {
    let store = try store()
    try store.call("create_collection", body: ["collection_name": "tickets"])
    try create("urgent", "filter", "return function(event) return event.document.kind == 'urgent' end", in: store)
    try create(
      "around", "hook",
      """
      return {
        before = function(ctx) perigee.kv.incr("before") end,
        after = function(ctx, result) perigee.kv.set("result", result.result) end,
      }
      """, in: store)
    try store.call(
      "create_trigger",
      body: [
        "action_type": "script",
        "action_config": [
          "script": "return 42", "hooks": ["before": ["name": "around"], "after": ["name": "around"], "on_failure": ["name": "around"]],
        ],
        "trigger_type": "event", "schedule_config": ["event_type": "documents_added", "filter": ["name": "urgent"]],
      ])
    let path = ["collection_identifier": "tickets"]
    try store.call("upsert_documents", path: path, body: ["documents": [["document_id": "a", "kind": "calm"]]])
    try store.host.settle()
    #expect(throws: Problem.self) { try store.call("get_kv", path: ["key": "before"]) }
    try store.call("upsert_documents", path: path, body: ["documents": [["document_id": "b", "kind": "urgent"]]])
    try store.host.settle()
    #expect(try store.call("get_kv", path: ["key": "before"])["value"] == 1)
    #expect(try store.call("get_kv", path: ["key": "result"])["value"] == 42)
  }

  @Test("require modules, which are frozen, loaded once in a run, and never load themselves") func modules() throws {
    let store = try store()
    try create("limits", "module", "perigee.log.info('loading') local t = {high = 10} function t.over(n) return n > t.high end return t", in: store)
    try create("policy", "module", "local limits = require 'limits' return {check = limits.over}", in: store)
    try create(
      "p", "predicate", "local limits, policy = require 'limits', require 'policy' return limits.over(11) and policy.check(11) and limits.high == 10",
      in: store)
    let run = try store.call("run_script", path: ["script_id": "p"])
    #expect(run["value"] == true && run["log"]?.array?.count == 1, "\(run.text)")
    try create("bad", "predicate", "require('limits').high = 1 return true", in: store)
    #expect(try store.call("run_script", path: ["script_id": "bad"])["problem"]?["message"]?.string?.contains("read-only") == true)
    try create("a", "module", "require 'b' return {}", in: store)
    try create("b", "module", "require 'a' return {}", in: store)
    try create("loop", "predicate", "require 'a' return true", in: store)
    #expect(try store.call("run_script", path: ["script_id": "loop"])["error"]?.string?.contains("requires itself") == true)
    try create("none", "predicate", "require 'limit' return true", in: store)
    let missing = try store.call("run_script", path: ["script_id": "none"])
    #expect(missing["problem"]?["did_you_mean"] == "limits", "\(missing.text)")
  }

  @Test("that a module brings down are shown with their own line, and with the module's in the message") func moduleErrors() throws {
    let store = try store()
    try create("m", "module", "local t = {}\nfunction t.f() error('inside') end\nreturn t", in: store)
    try create("p", "predicate", "local m = require 'm'\n\n\nm.f()\nreturn true", in: store)
    let problem = try store.call("run_script", path: ["script_id": "p"])["problem"]
    #expect(
      problem?["line"] == 4 && problem?["source_line"] == "m.f()" && problem?["message"]?.string?.contains("m:2: inside") == true,
      "\(String(describing: problem?.text))")
    try store.call("put_script", path: ["script_id": "p"], body: ["source": "local ok, e = pcall(require, 'nothing') error('other', 0)"])
    #expect(try store.call("run_script", path: ["script_id": "p"])["problem"]?["message"]?.string?.contains("compile") == false)
  }

  @Test("measure: a condition compares a stored metric, and scripts ask for it by name") func metrics() throws {
    let store = try store()
    try create("load", "metric", "return perigee.kv.get('load') or 0", in: store)
    try create("double", "metric", "return 2 * ctx:metric('load')", in: store)
    try store.call("set_kv", path: ["key": "load"], body: ["value": 4])
    #expect(try store.call("run_script", path: ["script_id": "double"])["value"] == 8.0)
    let trigger = try store.call(
      "create_trigger",
      body: [
        "action_type": "script", "action_config": ["script": "perigee.kv.incr('fired')"], "trigger_type": "conditional",
        "schedule_config": ["condition_type": "script", "metric": "script:double", "operator": "gte", "threshold": 10, "check_interval_seconds": 60],
      ])
    #expect(trigger["schedule_config"]?["metric"] == "script:double" && trigger["schedule_config"]?["threshold"] == 10.0)
    try store.advance(by: .seconds(60))
    #expect(throws: Problem.self) { try store.call("get_kv", path: ["key": "fired"]) }
    try store.call("set_kv", path: ["key": "load"], body: ["value": 5])
    try store.advance(by: .seconds(60))
    #expect(try store.call("get_kv", path: ["key": "fired"])["value"] == 1)
    let evaluation = try store.call("list_trigger_evaluations", path: ["trigger_id": trigger["trigger_id"]?.string ?? ""])["results"]?.array?.first
    #expect(
      evaluation?["detail"]?["value"] == 10.0 && evaluation?["reason"] == "script:double crossed the threshold",
      "\(String(describing: evaluation?.text))")
    try create("self", "metric", "return ctx:metric('self')", in: store)
    #expect(try store.call("run_script", path: ["script_id": "self"])["error"]?.string?.contains("deep") == true)
    #expect(
      try store.call("run_source", body: ["kind": "predicate", "source": "return ctx:metric('laod') > 1"])["problem"]?["did_you_mean"] == "load")
  }

  @Test("hook into the namespace's events: each event once, also when the hook fails at one") func namespaceHooks() throws {
    let store = try store()
    try store.call("create_collection", body: ["collection_name": "c"])
    try create(
      "audit", "hook",
      "return function(ctx, event) if event.payload and event.payload.bad then error('bad one') end perigee.kv.incr(event.type) end",
      events: ["documents_added", "custom.deployed", "trigger.execution.completed"], in: store)
    func count(_ key: String) throws -> JSON? {
      do { return try store.call("get_kv", path: ["key": key])["value"] } catch { return nil }
    }
    for id in ["a", "b"] {
      try store.call("upsert_documents", path: ["collection_identifier": "c"], body: ["documents": [["document_id": .string(id)]]])
    }
    for bad in [false, true, false] { try store.call("emit_event", body: ["event_type": "custom.deployed", "payload": ["bad": .bool(bad)]]) }
    try store.host.settle()
    #expect(try count("documents_added") == 2)
    let runs = try store.call("list_tasks")["results"]?.array ?? []
    #expect(try count("custom.deployed") == 2, "\(JSON.array(runs).text)")
    // Its own runs are no events, or it would never come to an end.
    #expect(try count("trigger.execution.completed") == nil)
    try store.call("put_script", path: ["script_id": "audit"], body: ["source": "return function() end", "events": ["documents_added"]])
    try store.call("emit_event", body: ["event_type": "custom.deployed"])
    try store.host.settle()
    #expect(try count("custom.deployed") == 2)
    try store.call("delete_script", path: ["script_id": "audit"])
    #expect(try store.call("list_triggers", body: ["status": "active"])["total"] == 0)
  }

  @Test("run dry: what they would change is told, and nothing changes") func dryRun() throws {
    let store = try store()
    try store.call("create_collection", body: ["collection_name": "c"])
    try store.call("set_kv", path: ["key": "old"], body: ["value": 1])
    let run = try store.call(
      "run_source",
      body: [
        "dry_run": true,
        "source": """
        perigee.documents.upsert("c", {{document_id = "a"}, {document_id = "b"}})
        perigee.documents.delete("c", "a")
        perigee.collections.create{collection_name = "new"}
        perigee.kv.set("old", 2) perigee.kv.set("fresh", 1)
        print(perigee.documents.count("c"))
        """,
      ])
    #expect(run["output"] == ["1"], "\(run.text)")
    let changes = run["changes"]
    #expect(changes?["documents"] == ["c": ["added": 2, "deleted": 1]])
    #expect(changes?["collections"]?["created"] == ["new"])
    #expect(changes?["kv"] == ["created": ["fresh"], "changed": ["old"]], "\(String(describing: changes?.text))")
    #expect(try store.call("count_documents", path: ["collection_identifier": "c"])["count"] == 0)
    #expect(try store.call("get_kv", path: ["key": "old"])["value"] == 1)
    #expect(try store.call("list_collections")["total_count"] == 1)
  }

  @Test("run dry: what others do in the store meanwhile is not theirs") func dryRunBesideOthers() throws {
    let store = try store()
    try store.call("set_kv", path: ["key": "counter"], body: ["value": 1])
    let sandbox = try ScriptSandbox(copying: store.host)
    let changes = try ScriptChanges(in: sandbox, store.host.defaultNamespace(for: .local).id)
    try store.call("set_kv", path: ["key": "counter"], body: ["value": 2])
    try store.call("create_collection", body: ["collection_name": "c"])
    #expect(try changes.json() == [:])
  }

  @Test("run one another a few times deep and no further, and only with the caller's rights") func depth() throws {
    let store = try store()
    try create("again", "batch", "local r = perigee.scripts.run('again') return r.error or r.value", in: store)
    let run = try store.call("run_script", path: ["script_id": "again"])
    #expect(run["value"]?.string?.contains("deep") == true, "\(run.text)")
    try create("writer", "batch", "perigee.kv.set('x', 1)", in: store)
    let answer = try store.call("run_script", path: ["script_id": "writer"], caller: Caller(name: "reader", scopes: [.read, .execute]))
    #expect(answer["error"]?.string?.contains("does not allow 'write'") == true, "\(answer.text)")
  }
}
