import Basics
import Engine
import Model
import Scripting
import TestSupport
import Testing

@Suite("Batch scripts") struct BatchScriptTests {
  /// Runs a script as `perigee run` does, and answers what it printed.
  private func run(_ source: String, in fixture: Fixture) throws -> [String] {
    let host = fixture.store.host
    let namespaceID = try host.defaultNamespace(for: .local).id
    nonisolated(unsafe) var lines: [String] = []
    let outcome = try ScriptThread.run {
      let session = ScriptSession(host, namespaceID: namespaceID, trigger: nil, writes: .immediate, caller: .local) { level, message in
        if level == "print" { lines.append(message) }
      }
      let interpreter = Interpreter(memory: 256 << 20)
      return interpreter.run(Script(name: "test", version: 1, source: source), kind: .batch, budget: ScriptKind.batch.budget, host: session).outcome
    }
    switch outcome {
    case .returned: return lines
    case .failed(let problem), .killed(let problem): throw problem
    }
  }

  @Test("waits for a trigger's decision: any, the next one, or one that fires; and not for ever")
  func waiting() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function(ctx) return false, 'not now' end"])
    try fixture.store.advance(by: .seconds(60))
    let now = Double(fixture.store.clock.now.milliseconds) / 1000
    let printed = try run(
      """
      local function say(options) local made = perigee.triggers.wait("\(id)", options) print(made.outcome, made.reason) end
      say() say{outcome = "held"} say{since = \(now)} say{since = perigee.time.format(\(now)), seconds = 1}
      for _, options in ipairs{{seconds = 0, outcome = "fired"}, {seconds = 0, since = \(now + 60)}, {second = 1}, {outcome = "heldd"}} do
        local ok, problem = pcall(perigee.triggers.wait, "\(id)", options)
        print(ok, tostring(problem))
      end
      print(tostring(select(2, pcall(perigee.triggers.wait, "trg_none"))))
      """, in: fixture)
    #expect(printed.prefix(4) == ["held\tnot now", "held\tnot now", "held\tnot now", "held\tnot now"])
    #expect(printed.dropFirst(4).first?.contains("waited 0.0 s for 'fired' of trigger '\(id)'") == true, "\(printed)")
    #expect(printed.dropFirst(5).first?.contains("waited 0.0 s for a decision of trigger '\(id)'") == true)
    #expect(printed.count == 9 && printed[6].contains("unknown field 'second'") && printed[7].contains("heldd") && printed[8].contains("trg_none"))
  }

  @Test("each streams every document once, whatever the page size; select narrows its fields")
  func each() throws {
    let fixture = try Fixture(documents: 95)
    let printed = try run(
      """
      local seen, n = {}, 0
      for doc in perigee.documents.each{collection = "points", batch = 10, select = {"kind"}} do
        assert(not seen[doc.document_id] and doc.text == nil)
        seen[doc.document_id], n = true, n + 1
      end
      local betas = 0
      for doc in perigee.documents.each{collection = "points", filter = {kind = "beta"}} do betas = betas + 1 end
      print(n, betas)
      """, in: fixture)
    #expect(printed == ["95\t32"])
  }

  @Test("a script fills a bucket and has its collection processed")
  func buckets() throws {
    let printed = try run(
      """
      perigee.buckets.create{bucket_name = "articles", bucket_schema = {properties = {text = {type = "text"}}}}
      perigee.collections.create{collection_name = "topics", source = {type = "bucket", bucket_ids = {"articles"}},
        feature_extractor = {feature_extractor_name = "hashing_extractor", version = "v1"}}
      local one = perigee.buckets.put("articles", {text = "a first text"})
      print(perigee.buckets.upload("articles", {{text = "a second"}, {text = 3}}).failed_count, #perigee.buckets.objects("articles"))
      local batch = perigee.batches.create("articles", {object_ids = {one.object_id}})
      print(perigee.tasks.wait(perigee.batches.submit("articles", batch.batch_id).task_id).status, perigee.documents.count("topics"))
      print(perigee.tasks.wait(perigee.batches.process("topics", {dedup_strategy = "skip"}).task_id).status, perigee.documents.count("topics"))
      print(perigee.batches.get(batch.batch_id).status, #perigee.batches.list{}, perigee.batches.get("btch_none"))
      print(perigee.buckets.object("articles", one.object_id).status, perigee.buckets.delete("articles"), #perigee.buckets.list{})
      """, in: try Fixture())
    #expect(printed == ["1\t2", "COMPLETED\t1", "COMPLETED\t2", "COMPLETED\t2\tnil", "COMPLETED\ttrue\t0"])
  }

  @Test("a script administers the whole: collection, documents, cluster, trigger, task, kv, time")
  func administration() throws {
    let fixture = try Fixture(documents: 30)
    let printed = try run(
      """
      perigee.collections.create{collection_name = "copy", vector_indexes = {{name = "v", dimensions = 2}}}
      perigee.documents.put("copy", {document_id = "a", n = 1, vectors = {v = {1, 2}}})
      perigee.documents.patch("copy", "a", {n = 2})
      print(perigee.documents.get("copy", "a").n, perigee.documents.get("copy", "b"), perigee.documents.count("copy"))
      print(perigee.documents.delete("copy", "a"), perigee.documents.delete("copy", "a"))
      local cluster = perigee.clusters.create{collection_ids = {"points"}, cluster_name = "k",
        vector_config = {clustering_method = "kmeans", kmeans_parameters = {n_clusters = 3}}}
      local task = perigee.clusters.execute(cluster.cluster_id)
      print(perigee.tasks.wait(task.task_id).status, #perigee.clusters.groups(cluster.cluster_id))
      local trigger = perigee.triggers.create{action_type = "cluster", action_config = {cluster_id = cluster.cluster_id},
        trigger_type = "cron", schedule_config = {cron_expression = "0 2 * * *"}}
      print(trigger.next_scheduled_at, perigee.triggers.pause(trigger.trigger_id).status, #perigee.triggers.list{})
      perigee.kv.set("a", {1, 2}); print(#perigee.kv.get("a"), perigee.kv.incr("n", 5), perigee.kv.delete("a"), perigee.kv.get("a"))
      print(perigee.time.format(perigee.time.cron_next("0 2 * * *", perigee.time.parse("2026-01-01T00:00:00Z"), "Europe/Paris")))
      """, in: fixture)
    #expect(
      printed == [
        "2\tnil\t1", "true\tfalse", "COMPLETED\t3", "2026-01-01T02:00:00Z\tpaused\t1", "2\t5\ttrue\tnil",
        "2026-01-01T01:00:00Z",
      ])
  }

  @Test("what is wrong with a call is told with the line, and may be caught")
  func errors() throws {
    let fixture = try Fixture()
    do {
      _ = try run("local x = 1\nperigee.documents.put('nowhere', {a = 1})", in: fixture)
      Issue.record("accepted")
    } catch {
      let problem = try #require(error as? Problem)
      #expect(problem.description.contains("line 2") && problem.description.contains("collection 'nowhere' does not exist"), "\(problem)")
    }
    #expect(try run("print(pcall(perigee.collections.get, 'x'))", in: fixture) == ["true\tnil"])
    #expect(throws: Problem.self) { try run("perigee.documents.gett('a', 'b')", in: fixture) }
  }
}
