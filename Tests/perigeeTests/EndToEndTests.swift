import Basics
import Glibc
import Testing

@testable import perigee

/// The built binary, from the words typed to the exit code. Serialized: each test starts processes.
@Suite("The program", .serialized) struct EndToEndTests {
  private let folder = TemporaryFolder()
  private var store: String { folder.file("store.db") }

  private func json(_ text: String) throws -> JSON { try JSON(parsing: text) }

  /// Twelve documents in three directions, with a vector each.
  private func writeDocuments() -> (documents: String, vectors: String) {
    var lines = ""
    var numbers: [UInt8] = []
    for i in 0..<12 {
      lines +=
        "{\"id\":\"doc\(i)\",\"text\":\"\(["apple pear", "stone rock", "river sea"][i % 3]) \(i)\",\"n\":\(i),\"nested\":{\"a\":[1,2.5,null]}}\n"
      for j in 0..<3 { withUnsafeBytes(of: (j == i % 3 ? Float(1) : 0.01 * Float(i)).bitPattern.littleEndian) { numbers += $0 } }
    }
    return (folder.write("documents.ndjson", lines), folder.write("vectors.f32", numbers))
  }

  @Test("tells when a cron expression fires, in UTC")
  func next() throws {
    let run = program("next", "0 2 * * *", "--tz", "Europe/Paris", "--after", "2025-03-29T00:00:00Z", "-n", "3", "--json", in: folder)
    #expect(run.code == 0)
    let answer = try json(run.out)
    #expect(answer["next"] == ["2025-03-29T01:00:00Z", "2025-03-30T01:00:00Z", "2025-03-31T00:00:00Z"])
    #expect(answer["expression"] == "0 2 * * *")
    #expect(answer["timezone"] == "Europe/Paris")
    #expect(answer["text"]?.string?.contains("02:00") ?? false)
    #expect(answer["warnings"]?.array != nil)
  }

  @Test("refuses a bad expression with field, value and a right one on standard error")
  func badExpression() {
    let run = program("next", "99 * * * *", "--json", in: folder)
    #expect(run.code == 2)
    #expect(run.out.isEmpty)
    #expect(["minute", "'99'", "hint:"].allSatisfy(run.err.contains), "\(run.err)")
  }

  @Test("clusters a file of vectors without a store")
  func clusterFile() throws {
    let (_, vectors) = writeDocuments()
    let run = program("cluster", vectors, "--dim", "3", "--params", "{\"n_clusters\": 3, \"n_init\": 5}", "--seed", "1", "--json", in: folder)
    #expect(run.code == 0, "\(run.err)")
    let answer = try json(run.out)
    let labels = answer["labels"]?.array ?? []
    #expect(labels.count == 12)
    #expect((0..<12).allSatisfy { labels[$0] == labels[$0 % 3] })
    #expect(Set(labels.prefix(3).compactMap(\.int)).count == 3)
    #expect(answer["n_clusters"] == 3)
    #expect((answer["inertia"]?.double ?? -1) >= 0)
    #expect((answer["iterations"]?.int ?? 0) > 0)
    #expect(answer["metrics"]?["silhouette_score"]?.double ?? 0 > 0.8)
    #expect(answer["seconds"]?["load"]?.double != nil)
    #expect(answer["seconds"]?["cluster"]?.double != nil)
    #expect(program("cluster", vectors, "--dim", "5", in: folder).code == 2)
    #expect(program("cluster", vectors, "--dim", "3", "--algorithm", "kmean", in: folder).err.contains("Did you mean 'kmeans'?"))
    #expect(program("cluster", folder.file("missing.npy"), in: folder).code == 3)
  }

  @Test("imports, exports and imports again without loss")
  func roundTrip() throws {
    let (documents, vectors) = writeDocuments()
    let words = ["import", documents, "--vectors", vectors, "--dim", "3", "--collection", "things", "--store", store, "--json"]
    let dry = Program(words + ["--dry-run"], in: folder).end()
    #expect(try json(dry.out)["documents"] == 12)
    #expect(program("export", "things", "--store", store, in: folder).code == 3)
    let first = Program(words, in: folder).end()
    #expect(first.code == 0, "\(first.err)")
    #expect(try json(first.out)["added"] == 12)
    #expect(try json(Program(words, in: folder).end().out)["updated"] == 12)
    let exported = program("export", "things", "--store", store, in: folder)
    #expect(exported.out.split(separator: "\n").count == 12)
    let copy = program("import", "-", "--collection", "things", "--store", folder.file("copy.db"), in: folder, input: exported.out)
    #expect(copy.code == 0, "\(copy.err)")
    #expect(program("export", "things", "--store", folder.file("copy.db"), in: folder).out == exported.out)
    let apart = program("export", "things", "--store", store, "-o", folder.file("o.ndjson"), "--vectors", folder.file("o.f32"), in: folder)
    #expect(apart.code == 0)
    #expect(folder.read("o.f32") == folder.read("vectors.f32"))
  }

  @Test("writes nothing of a file with a wrong line")
  func wrongLine() {
    let (documents, _) = writeDocuments()
    folder.write("documents.ndjson", String(decoding: folder.read("documents.ndjson"), as: UTF8.self) + "{\"id\": \"x\",}\n")
    let run = program("import", documents, "--collection", "things", "--store", store, in: folder)
    #expect(run.code == 2)
    #expect(run.err.contains("line 13"), "\(run.err)")
    #expect(program("export", "things", "--store", store, in: folder).code == 3)
  }

  @Test("groups a collection, and says so in the API's words")
  func clusterCollection() throws {
    let (documents, vectors) = writeDocuments()
    program("import", documents, "--vectors", vectors, "--dim", "3", "--collection", "things", "--store", store, in: folder)
    let run = program("cluster", "--collection", "things", "--params", "{\"n_clusters\": 3}", "--store", store, "--json", in: folder)
    #expect(run.code == 0, "\(run.err)")
    let groups = try json(run.out)["groups"]?.array ?? []
    #expect(groups.compactMap { $0["num_members"]?.int } == [4, 4, 4])
    #expect(groups.contains { $0["keywords"]?.array?.contains("apple") ?? false })
    #expect(program("cluster", "--collection", "thing", "--store", store, in: folder).err.contains("Did you mean 'things'?"))
  }

  @Test("runs a script with its words, and tells where it fails")
  func script() {
    let good = folder.write("good.lua", "print(arg[1], perigee.kv.incr('n', 2))\nlog = nil\nreturn {ok = true}")
    let run = program("run", good, "word", "--store", store, in: folder)
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out == "word\t2\n{\"ok\":true}\n")
    let bad = folder.write("bad.lua", "local x = nil\nprint(x.y)")
    let failed = program("run", bad, "--store", store, in: folder)
    #expect(failed.code == 1)
    #expect(["bad.lua, line 2", "2 | print(x.y)"].allSatisfy(failed.err.contains), "\(failed.err)")
    let endless = folder.write("endless.lua", "while true do end")
    #expect(program("run", endless, "--timeout", "50ms", "--store", store, in: folder).code == 1)
    #expect(program("run", folder.file("none.lua"), "--store", store, in: folder).code == 3)
  }

  @Test("keeps globals and functions from line to line in a dialogue")
  func dialogue() {
    let input = "x = 20\nfunction twice(n)\n  return 2 * n\nend\ntwice(x) + 2\n{a = x}\nx.y.z\n"
    let run = program("repl", "--store", store, in: folder, input: input)
    #expect(run.out == "42\n{\"a\":20}\n")
    #expect(run.code == 1)
    #expect(run.err.contains("input, line 1"), "\(run.err)")
  }

  @Test("serves, makes keys beside the running server, and lets other commands find it")
  func server() throws {
    let server = Program(["serve", "--store", store, "--port", "0", "--json"], in: folder, listening: true)
    let greeting = try json(server.line())
    let url = greeting["url"]?.string ?? ""
    #expect(greeting["key"]?.string?.hasPrefix("sk_") ?? false)
    let made = program("key", "create", "--store", store, "--name", "second", "--json", in: folder)
    #expect(try json(made.out)["key"]?.string?.hasPrefix("sk_") ?? false)
    #expect(program("key", "list", "--store", store, in: folder).out.split(separator: "\n").count == 2)

    let (documents, vectors) = writeDocuments()
    let imported = program("import", documents, "--vectors", vectors, "--dim", "3", "--collection", "things", "--store", store, "--json", in: folder)
    #expect(imported.code == 0, "\(imported.err)")
    #expect(try json(imported.out)["added"] == 12)
    let clustered = program("cluster", "--collection", "things", "--params", "{\"n_clusters\": 3}", "--store", store, "--json", in: folder)
    #expect(try json(clustered.out)["n_clusters"] == 3)
    let script = folder.write("count.lua", "print(perigee.documents.count('things'))")
    #expect(program("run", script, "--store", store, in: folder).out == "12\n")
    let missing = program("trigger", "show", "nightly", "--store", store, in: folder)
    #expect(missing.code == 3)

    let second = program("serve", "--store", store, "--port", "0", in: folder)
    #expect(second.code == 4)
    #expect(second.err.contains(url), "\(second.err)")
    let port = url.split(separator: ":").last.map(String.init) ?? ""
    let inUse = program("serve", "--store", folder.file("other.db"), "--port", port, in: folder)
    #expect(inUse.code == 6)
    #expect(inUse.err.contains(port) && inUse.err.contains("--port"), "\(inUse.err)")
    #expect(folder.read("other.db").isEmpty)

    server.signal(SIGTERM)
    #expect(server.end().code == 0)
    #expect(program("export", "things", "--store", store, in: folder).out.split(separator: "\n").count == 12)
    let again = Program(["serve", "--store", store, "--port", "0", "--json"], in: folder, listening: true)
    #expect(try json(again.line())["key"] == nil)
    again.signal(SIGINT)
    #expect(again.end().code == 0)
  }

  @Test("refuses a truncated store and an address for others without a key, and changes nothing")
  func refusals() {
    program("key", "create", "--name", "a", "--store", store, in: folder)
    let damaged = Array(folder.read("store.db").prefix(20_000))
    folder.write("damaged.db", damaged)
    let run = program("serve", "--store", folder.file("damaged.db"), "--port", "0", in: folder)
    #expect(run.code == 6)
    #expect(run.err.contains("truncated") && run.err.contains("hint:"), "\(run.err)")
    #expect(folder.read("damaged.db") == damaged)
    let open = program("serve", "--store", folder.file("new.db"), "--host", "0.0.0.0", "--port", "0", in: folder)
    #expect(open.code == 2)
    #expect(open.err.contains("perigee key create"), "\(open.err)")
    #expect(folder.read("new.db").isEmpty)
  }

  @Test("lists, shows, fires and explains triggers")
  func triggers() throws {
    let script = folder.write(
      "make.lua",
      """
      perigee.triggers.create{
        name = "count", action_type = "script", action_config = {script = {source = "return function(ctx) return perigee.kv.incr('n') end"}},
        trigger_type = "cron", schedule_config = {cron_expression = "0 2 1 1 *"}}
      """)
    #expect(program("run", script, "--store", store, in: folder).code == 0)
    #expect(program("trigger", "list", "--store", store, in: folder).out.hasPrefix("count\tcron\tscript\tactive\tin "))
    #expect(program("trigger", "show", "count", "--store", store, in: folder).out.contains("schedule\tAt 02:00"))
    let executed = program("trigger", "execute", "count", "--wait", "--store", store, "--json", in: folder)
    #expect(executed.code == 0, "\(executed.err)")
    #expect(try json(executed.out)["status"] == "COMPLETED")
    #expect(program("trigger", "why", "count", "--store", store, in: folder).out.contains("It fires next at"))
    let near = program("trigger", "why", "cuont", "--store", store, in: folder)
    #expect(near.code == 3)
    #expect(near.err.contains("Did you mean 'count'?"), "\(near.err)")
    #expect(program("trigger", "pause", "count", "--store", store, in: folder).code == 0)
    #expect(program("trigger", "list", "--store", store, "--status", "paused", in: folder).out.contains("count"))
  }

  @Test("changes many triggers, exports them, simulates one, and holds all of them in maintenance")
  func administration() throws {
    let script = folder.write(
      "make.lua",
      """
      for i = 1, 3 do
        perigee.triggers.create{
          name = "job-" .. i, action_type = "script", action_config = {script = "return 1"},
          trigger_type = i == 3 and "interval" or "cron",
          schedule_config = i == 3 and {interval_seconds = 86400} or {cron_expression = "0 2 1 1 *"}}
      end
      """)
    #expect(program("run", script, "--store", store, in: folder).code == 0)
    let dry = program("trigger", "pause", "--where", "type=cron", "--dry-run", "--store", store, in: folder)
    #expect(dry.code == 0 && dry.out.split(separator: "\n").count == 2 && dry.out.contains("would change"), "\(dry.err)")
    #expect(program("trigger", "list", "--status", "paused", "--store", store, in: folder).out.isEmpty)
    #expect(
      try json(program("trigger", "pause", "--where", "type=cron", "--note", "deploy", "--store", store, "--json", in: folder).out)["changed"] == 2)
    #expect(program("trigger", "why", "job-1", "--store", store, in: folder).out.contains("It is paused (deploy; by local at "))
    #expect(program("trigger", "why", "job-1", "--at", "2020-01-01T00:00:00Z", "--store", store, in: folder).out.contains("did not exist"))
    #expect(program("trigger", "resume", "--where", "name=job-*", "--store", store, in: folder).code == 0)
    let exported = program("trigger", "export", "--where", "all", "--store", store, in: folder)
    #expect(exported.out.split(separator: "\n").count == 3 && exported.out.contains("\"cron_expression\":\"0 2 1 1 *\""))
    let wrong = program("trigger", "pause", "--where", "typ=cron", "--store", store, in: folder)
    #expect(wrong.code == 2 && wrong.err.contains("Did you mean 'type'?"), "\(wrong.err)")
    // Nobody can be asked here, so nothing is deleted without --yes.
    let asked = program("trigger", "delete", "--where", "all", "--store", store, in: folder)
    #expect(asked.code == 2 && asked.err.contains("--yes"), "\(asked.err)")
    let simulated = program("trigger", "simulate", "job-1", "--from", "2020-06-01", "--to", "2025-06-01", "--store", store, "--json", in: folder)
    #expect(try json(simulated.out)["fire_count"] == 5, "\(simulated.err)")
    #expect(
      program("trigger", "simulate", "job-1", "--from", "2020-06-01", "--to", "2025-06-01", "--store", store, in: folder).out.hasPrefix(
        "2021-01-01T02:00:00Z\tdue"))
    // A script decides, and what it decided is decided again.
    let often = folder.write(
      "often.lua",
      """
      local made = perigee.triggers.create{
        name = "often", action_type = "script", action_config = {script = "return 1"}, trigger_type = "interval",
        schedule_config = {interval_seconds = 86400, start_immediately = true, predicate = "return function(ctx) return false, 'not today' end"}}
      assert(perigee.triggers.wait(made.trigger_id, {seconds = 60}).outcome == "held")
      """)
    #expect(program("run", often, "--store", store, in: folder).code == 0)
    let why = program("trigger", "why", "often", "--store", store, "--json", in: folder)
    let evaluation = try json(why.out)["evaluations"]?.array?.first?["evaluation_id"]?.string ?? ""
    let replayed = program("replay", evaluation, "--store", store, in: folder)
    #expect(replayed.code == 0 && replayed.out.hasPrefix("the same: ") && replayed.out.contains("not today"), "\(replayed.err) \(why.out)")
    #expect(program("replay", "eval_none", "--store", store, in: folder).code == 3)
    #expect(program("maintenance", "--store", store, in: folder).out == "off\n")
    let held = program("maintenance", "on", "--for", "2h", "--note", "disk", "--store", store, in: folder)
    #expect(held.out.hasPrefix("on until 20") && held.out.hasSuffix(": disk\n"), "\(held.err)")
    #expect(program("trigger", "why", "job-3", "--store", store, in: folder).out.contains("Maintenance holds every trigger"))
    #expect(program("maintenance", "off", "--store", store, in: folder).out == "off\n")
    // A calendar from words and a file, a pause with an end, and the log of events.
    let file = folder.write("holidays.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    let set = program("calendar", "set", "holidays", "2026-12-25", file, "--cron", "* 0-5 * * *", "--store", store, in: folder)
    #expect(set.code == 0 && set.err == "holidays has 3 entries\n", "\(set.err)")
    #expect(program("calendar", "list", "holidays", "--store", store, in: folder).out.contains("{\"dates\":[\"2026-12-25\"]}"))
    let missing = program("calendar", "set", "holidays", "nofile.ics", "--store", store, in: folder)
    #expect(missing.code == 3 && missing.err.contains("no file 'nofile.ics'"), "\(missing.err)")
    #expect(program("calendar", "delete", "holliday", "--store", store, in: folder).err.contains("Did you mean 'holidays'?"))
    #expect(program("calendar", "delete", "holidays", "--store", store, in: folder).code == 0)
    let pause = program("trigger", "pause", "job-3", "--for", "2h", "--store", store, in: folder)
    #expect(pause.err.hasPrefix("job-3 fires no more until 20"), "\(pause.err)")
    #expect(program("trigger", "why", "job-3", "--store", store, in: folder).out.contains("resumes by itself in 2 h"))
    #expect(program("events", "--type", "trigger.stoped", "--store", store, in: folder).err.contains("Did you mean 'trigger.stopped'?"))
    #expect(program("trigger", "delete", "--where", "all", "--yes", "--store", store, in: folder).code == 0)
    #expect(program("trigger", "list", "--status", "active", "--store", store, in: folder).out.isEmpty)
  }

  @Test("explains a cron expression in words, zone, notes and warnings")
  func explained() {
    let run = program("next", "15 2 * * *", "--tz", "Australia/Lord_Howe", "--after", "2026-10-02T00:00:00Z", "-n", "3", "--explain", in: folder)
    #expect(run.code == 0)
    let expected = [
      "At 02:15", "Zone: Australia/Lord_Howe, UTC+10:30 until 2026-10-03T15:30:00Z, then UTC+11:00", "2026-10-02T15:45:00Z",
      "02:15 does not exist on this day", "note: ",
    ]
    for words in expected { #expect(run.out.contains(words), "\(words) is not in \(run.out)") }
  }

  @Test(
    "fires as the policy says when the clocks change",
    arguments: [
      ([], ["05:30", "06:30"]), (["--dst-fold", "last"], ["06:30", "06:30"]), (["--dst-fold", "both", "--dst-gap", "skip"], ["05:30", "06:30"]),
    ])
  func policies(options: [String], times: [String]) throws {
    let asked = ["next", "30 1 * * *", "--tz", "America/New_York", "--after", "2024-11-02T12:00:00Z", "-n", "2", "--json"] + options
    let answer = try json(Program(asked, in: folder).end().out)
    let days = options.contains("both") ? ["2024-11-03", "2024-11-03"] : ["2024-11-03", "2024-11-04"]
    #expect(answer["next"]?.array?.compactMap(\.string) == zip(days, times).map { "\($0)T\($1):00Z" }, "\(answer)")
    let wrong = program("next", "30 1 * * *", "--dst-gap", "skipp", in: folder)
    #expect(wrong.code == 2 && wrong.err.contains("Did you mean 'skip'?"), "\(wrong.err)")
  }

  @Test("shows the whole story in the demo")
  func demo() {
    let run = program("demo", "--store", store, in: folder)
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out.contains("perigee serve --store \(store)"))
    #expect(program("demo", "--store", store, in: folder).code == 4)
  }
}
