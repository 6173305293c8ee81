import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("The script library") struct LibraryTests {
  private func run(_ source: String, in store: TemporaryStore, kind: String = "batch") throws -> JSON {
    try store.call("run_source", body: ["source": .string(source), "kind": .string(kind)])
  }

  private func store() throws -> TemporaryStore {
    let store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "c"])
    let documents: [JSON] = (0..<25).map {
      ["document_id": .string("d\($0)"), "kind": .string($0 % 3 == 0 ? "a" : "b"), "n": .int($0), "deep": ["k": .int($0 % 2)]]
    }
    try store.call("upsert_documents", path: ["collection_identifier": "c"], body: ["documents": .array(documents)])
    return store
  }

  @Test("streams documents that can be read, written to, gone through, kept and sent on") func documents() throws {
    let store = try store()
    let source = """
      local kept, sum = {}, 0
      for doc in perigee.documents.each{collection = "c", batch = 10} do
        kept[#kept + 1] = doc
        sum = sum + doc.n + doc.deep.k
        doc.n, doc.extra, doc.kind = doc.n * 2, {1, 2}, nil
      end
      local first, names = kept[1], {}
      for name in pairs(first) do names[#names + 1] = name end
      table.sort(names)
      assert(first.n == 0 and kept[25].n == 48 and kept[25].kind == nil and kept[25].extra[2] == 2 and kept[3].missing == nil)
      perigee.documents.put("c", {document_id = "copy", whole = kept[2]})
      local copy = perigee.documents.get("c", "copy").whole
      return #kept, sum, table.concat(names, " "), copy.n, copy.kind == nil, copy.document_id, perigee.json.decode(perigee.json.encode(kept[4])).n
      """
    let answer = try run(source, in: store)
    #expect(answer["values"] == [25, 312, "_internal collection_id deep document_id extra n", 2, true, "d1", 6], "\(answer.text)")
    #expect(
      try run("local n = 0 for d in perigee.documents.each{collection = 'c', filter = {kind = 'a'}} do n = n + 1 end return n", in: store)["value"]
        == 9)
    #expect(try run("local n = 0 for d in perigee.documents.each('c') do n = n + 1 end return n", in: store)["value"] == 26)
    let order =
      "local t = {} for d in perigee.documents.each{collection = 'c', sort = 'n:desc', batch = 10} do t[#t + 1] = d.n end return t[1], t[25], #t"
    #expect(try run(order, in: store)["values"] == [24, 0, 25])
    let wrong = try run("for d in perigee.documents.each{collection = 'c', filtr = {}} do end", in: store)
    #expect(wrong["problem"]?["did_you_mean"] == "filter", "\(wrong.text)")
  }

  @Test("counts values and groups") func aggregation() throws {
    let store = try store()
    #expect(
      try run("return perigee.documents.distinct('c', 'kind')", in: store)["value"] == [["count": 16, "value": "b"], ["count": 9, "value": "a"]])
    #expect(try run("return perigee.documents.distinct('c', 'deep.k', {kind = 'a'})", in: store)["value"]?.array?.count == 2)
    let rows = try run("return perigee.documents.aggregate('c', {group_by = 'kind', sum = 'n', mean = {'n'}, min = 'n', max = 'n'})", in: store)[
      "value"]
    let a = rows?.array?.first { $0["kind"] == "a" }
    #expect(
      a?["count"] == 9 && a?["sum_n"]?.double == 108 && a?["mean_n"]?.double == 12 && a?["min_n"]?.double == 0 && a?["max_n"]?.double == 24,
      "\(String(describing: rows?.text))")
    #expect(try run("return perigee.documents.aggregate('c', {})[1].count", in: store)["value"] == 25)
  }

  @Test("commits a transaction whole or not at all, and refuses what cannot be undone") func transactions() throws {
    let store = try store()
    let source = """
      local ok, e = pcall(perigee.transaction, function()
        perigee.kv.set("a", 1)
        perigee.documents.delete("c", "d0")
        assert(perigee.kv.get("a") == 1)
        error("halfway", 0)
      end)
      assert(not ok and e == "halfway" and perigee.kv.get("a") == nil and perigee.documents.count("c") == 25)
      local result = perigee.transaction(function() perigee.kv.set("a", 2) perigee.documents.delete("c", "d0") return "done" end)
      local no = select(2, pcall(perigee.transaction, function() perigee.tasks.cancel("x") end))
      local nested = select(2, pcall(perigee.transaction, function() perigee.transaction(function() end) end))
      return result, perigee.kv.get("a"), perigee.documents.count("c"), no:find("could not be taken back") ~= nil, nested:find("open already") ~= nil
      """
    #expect(try run(source, in: store)["values"] == ["done", 2, 24, true, true])
    // A script that is stopped in the middle leaves nothing.
    let killed = try store.call(
      "run_source", body: ["timeout_seconds": 0.2, "source": "perigee.transaction(function() perigee.kv.set('b', 1) while true do end end)"])
    #expect(killed["problem"]?["kind"] == "budget")
    #expect(throws: Problem.self) { try store.call("get_kv", path: ["key": "b"]) }
  }

  @Test("reaches every operation by its name, and the parts of it by functions of their own") func operations() throws {
    let store = try store()
    let source = """
      assert(perigee.call("get_document", {collection_identifier = "c", document_id = "d1"}).n == 1)
      assert(perigee.call("list_documents", {collection_identifier = "c", limit = 2}).results[2].n == 1)
      local trigger = perigee.triggers.create{name = "t", action_type = "script", action_config = {script = "return 1"},
        trigger_type = "interval", schedule_config = {interval_seconds = 60}}
      local id = trigger.trigger_id
      assert(perigee.triggers.explain(id).text and #perigee.triggers.preview{cron_expression = "0 2 * * *"}.next == 3)
      assert(perigee.triggers.bulk{action = "pause", filter = {}, dry_run = true})
      assert(perigee.collections.update("c", {description = "new"}).description == "new")
      assert(perigee.namespaces.stats("default").document_count == 25)
      assert(perigee.events.emit("custom.x", {a = 1}).seq)
      assert(perigee.scripts.create{name = "m", kind = "metric", source = "return 4"}.active_version == 1)
      assert(perigee.scripts.put("m", {source = "return 5"}).version == 2 and #perigee.scripts.versions("m") == 2)
      assert(perigee.scripts.run("m").value == 5 and perigee.scripts.restore("m", 1).active_version == 1 and perigee.scripts.get("m").source == "return 4")
      assert(perigee.scripts.delete("m") and not perigee.scripts.delete("m") and perigee.scripts.get("m") == nil)
      assert(perigee.documents.delete_many("c", {"d1", "d2"}) and perigee.documents.count("c") == 23)
      assert(perigee.documents.create("c", {document_id = "new"}).document_id == "new")
      assert(perigee.cron.next("0 0 1 1 *", 0) == perigee.time.cron_next("0 0 1 1 *", 0))
      return "all"
      """
    let answer = try run(source, in: store)
    #expect(answer["value"] == "all", "\(answer.text)")
    #expect(try run("perigee.call('get_documnt', {})", in: store)["problem"]?["did_you_mean"] == "get_document")
    #expect(
      try run("perigee.call('get_document', {collection_identifier = 'c'})", in: store)["error"]?.string?.contains("needs 'document_id'") == true)
  }

  @Test(
    "computes statistics as their definitions say",
    arguments: [
      ("mean({1, 2, 3, 6})", 3), ("sum({0.1, 0.2, 0.3, -0.6})", 0), ("median({5, 1, 3})", 3), ("median({1, 2, 3, 4})", 2.5),
      ("quantile({1, 2, 3, 4, 5}, 0.9)", 4.6),
      ("variance({2, 4, 4, 4, 5, 5, 7, 9})", 32.0 / 7), ("stddev({1, 3})", 1.4142135623730951), ("min({3, -1})", -1), ("max({3, -1})", 3),
      ("ewma({1, 2, 3}, 0.5)", 2.25), ("ks({1, 2, 3, 4}, {3, 4, 5, 6})", 0.5), ("ks({1, 2}, {1, 2})", 0), ("correlation({1, 2, 3}, {2, 4, 6})", 1),
      ("correlation({1, 2}, {3, 3})", 0), ("psi({1, 2, 3, 4}, {1, 2, 3, 4}, 4)", 0),
      ("histogram({0, 1, 2, 3, 4}, 2)[2].count", 3),
    ] as [(String, Double)])
  func statistics(call: String, expected: Double) throws {
    let value = try run("return perigee.stats.\(call)", in: TemporaryStore())["value"]?.double
    #expect(abs((value ?? .nan) - expected) < 1e-9, "\(String(describing: value))")
  }

  @Test(
    "refuses statistics of nothing, and of what is no number",
    arguments: ["mean({})", "mean('x')", "mean({1, 'a'})", "quantile({1}, 2)", "variance({1})", "correlation({1}, {1, 2})"])
  func noStatistics(call: String) throws {
    #expect(try run("return perigee.stats.\(call)", in: TemporaryStore())["error"]?.string?.contains("stats.") == true)
  }

  @Test("groups vectors natively, the same for the same seed") func kmeans() throws {
    let source = """
      local points = {}
      for i = 1, 30 do points[i] = {i % 3 * 10 + i / 100, i % 3} end
      local a, b = perigee.vector.kmeans(points, 3, {seed = 4}), perigee.vector.kmeans(points, 3, {seed = 4})
      for i = 1, 30 do assert(a.labels[i] == b.labels[i] and a.labels[i] == a.labels[(i - 1) % 3 + 1]) end
      return #a.centroids, a.inertia == b.inertia
      """
    #expect(try run(source, in: TemporaryStore())["values"] == [3, true])
    #expect(try run("return perigee.vector.kmeans({{1}}, 2)", in: TemporaryStore())["error"]?.string?.contains("from 1 to 1") == true)
  }
}
