import Basics
import Glibc
import Testing

@testable import perigee

/// Scripts from the command line, with the built binary.
@Suite("Scripts on the command line", .serialized) struct ScriptCommandTests {
  private let folder = TemporaryFolder()
  private var store: String { folder.file("store.db") }

  private func shell(_ script: String, in path: String) -> (code: Int32, text: String) {
    let tools = folder.file("bin")
    mkdir(tools, 0o755)
    symlink(Program.path, tools + "/perigee")
    let output = folder.file("shell-output")
    let command = "cd '\(path)' && PATH='\(tools)':/usr/bin:/bin HOME='\(path)' sh -e '\(script)' > '\(output)' 2>&1"
    var pid = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = (["sh", "-c", command] as [String]).map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, environ) == 0 else { return (127, "no shell") }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    defer { unlink(tools + "/perigee") }
    return (status >> 8 & 0xFF, String(decoding: folder.read("shell-output"), as: UTF8.self))
  }

  @Test("the newcomer's path of 'perigee help scripting' works as it stands") func newcomersPath() throws {
    let place = folder.file("place")
    mkdir(place, 0o755)
    // The lines behind `$`, each with the here-document that follows it.
    var lines: [String] = []
    var isInside = false
    for line in ScriptingHelp.text.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.hasPrefix("  ") ? line.dropFirst(2) : line
      if text.hasPrefix("$ ") {
        lines.append(String(text.dropFirst(2)))
        isInside = text.contains("<<'END'")
      } else if isInside {
        lines.append(String(text))
        if text == "END" { isInside = false }
      }
    }
    #expect(lines.count > 30)
    let run = shell(folder.write("path.sh", lines.joined(separator: "\n") + "\n"), in: place)
    defer { _ = shell(folder.write("clean.sh", "rm -rf '\(place)' '\(folder.file("bin"))'\n"), in: "/tmp") }
    #expect(run.code == 0, "\(run.text)")
    for part in [
      "1 passed, 0 failed", "active crowded version 1", "75 tickets are open", "active crowded version 2", "it fired", "eighty was too many",
    ] {
      #expect(run.text.contains(part), "'\(part)' is missing in: \(run.text)")
    }
  }

  @Test("push, list, show, pull and restore keep a folder and a store alike") func pushAndPull() throws {
    let scripts = folder.file("scripts")
    mkdir(scripts, 0o755)
    defer { for name in ["p.lua", "m.lua", "p_test.lua"] { unlink(scripts + "/" + name) } }
    folder.write("scripts/m.lua", "-- kind: module\nreturn {limit = 3}\n")
    folder.write("scripts/p.lua", "-- kind: predicate\n-- description: A limit\nreturn ctx.n > require('m').limit\n")
    folder.write(
      "scripts/p_test.lua", "test('above', function(t) t:equal(t:run{ctx = {n = 4}}.value, true) t:equal(t:run{ctx = {n = 3}}.value, false) end)\n")
    #expect(program("scripts", "push", scripts, "--store", store, in: folder).code == 0)
    let again = program("scripts", "push", scripts, "--store", store, "--json", in: folder)
    #expect(try JSON(parsing: again.out)["scripts"]?.array?.map { $0["unchanged"] } == [true, true], "\(again.out)")
    let list = program("scripts", "list", "--store", store, in: folder)
    #expect(list.out == "m\tmodule\t1\t1\t\np\tpredicate\t1\t1\tA limit\n", "\(list.out)")
    folder.write("scripts/m.lua", "-- kind: module\nreturn {limit = 2}\n")
    folder.write("scripts/p.lua", "-- kind: predicate\nreturn ctx.n >= require('m').limit\n")
    let failing = program("scripts", "push", scripts, "--store", store, in: folder)
    #expect(failing.code == 1 && failing.out.contains("draft") && failing.out.contains("it is true, expected false"), "\(failing.out)\(failing.err)")
    #expect(program("scripts", "show", "p", "--store", store, in: folder).out.contains("ctx.n > require"))
    #expect(program("scripts", "restore", "m", "1", "--store", store, in: folder).out == "m: version 1 is active\n")
    let other = folder.file("other")
    mkdir(other, 0o755)
    folder.write("other/m.lua", "return 'mine'\n")
    defer {
      for name in ["p.lua", "m.lua", "p_test.lua"] { unlink(other + "/" + name) }
      rmdir(other)
      rmdir(scripts)
    }
    let pull = program("scripts", "pull", other, "--store", store, in: folder)
    #expect(pull.code == 4 && pull.err.contains("differs and is left"))
    #expect(program("scripts", "pull", other, "--force", "--store", store, in: folder).code == 0)
    #expect(String(decoding: folder.read("other/m.lua"), as: UTF8.self) == "-- kind: module\nreturn {limit = 3}\n")
    let missing = program("scripts", "show", "q", "--store", store, in: folder)
    #expect(missing.code == 3 && missing.err.contains("script 'q' does not exist"), "\(missing.err)")
    for name in ["p.lua", "m.lua", "p_test.lua"] { unlink(scripts + "/" + name) }
    rmdir(scripts)
  }

  @Test("watch pushes what is saved, says what is wrong, and goes on") func watch() throws {
    let scripts = folder.file("watched")
    mkdir(scripts, 0o755)
    defer {
      unlink(scripts + "/w.lua")
      rmdir(scripts)
    }
    folder.write("watched/w.lua", "-- kind: metric\nreturn 1\n")
    let watching = Program(["scripts", "watch", scripts, "--store", store], in: folder, listening: true)
    #expect(watching.line().contains("active w version 1"))
    folder.write("watched/w.lua", "-- kind: metric\nreturn (\n")
    folder.write("watched/w.lua", "-- kind: metric\nreturn 2\n")
    #expect(watching.line().contains("active w version 2"))
    // One that does not say what it is keeps no other back.
    folder.write("watched/odd.lua", "return 1\n")
    folder.write("watched/w.lua", "-- kind: metric\nreturn 3\n")
    #expect(watching.line().contains("active w version 3"))
    watching.signal(SIGINT)
    #expect(watching.end().code == 0)
  }

  @Test("check names what is wrong with line and hint, without running anything") func check() throws {
    let file = folder.write("faulty.lua", "-- kind: predicate\nperigee.documents.gett('a', 'b')\nreturn ctx:count() > 1\n")
    let run = program("scripts", "check", file, in: folder)
    #expect(run.code == 1)
    #expect(run.out.contains("faulty.lua:2: error: perigee.documents has no member 'gett'. Did you mean 'get'?"), "\(run.out)")
    #expect(run.out.contains(":3: error: ctx:count is missing 'collection'"))
    let unsaid = folder.write("unsaid.lua", "return 1\n")
    #expect(program("scripts", "check", unsaid, in: folder).err.contains("-- kind: predicate"))
    #expect(program("scripts", "check", unsaid, "--kind", "metrik", in: folder).err.contains("Did you mean 'metric'?"))
    #expect(program("scripts", "check", unsaid, "--kind", "metric", in: folder).code == 0)
  }

  @Test("test prints for people, as TAP and as JUnit, and its exit code tells") func formats() throws {
    folder.write("a.lua", "-- kind: metric\nreturn 1\n")
    let file = folder.write(
      "a_test.lua",
      "test('one & <two>', function(t) t:equal(t:run().value, 1) end)\ntest('no', function(t) t:equal({a = {1, 2}}, {a = {1, 3}}) end)\n")
    let text = program("scripts", "test", file, in: folder)
    #expect(
      text.code == 1 && text.out.contains("FAIL  no") && text.out.contains("a[2] is 2, expected 3") && text.out.contains("1 passed, 1 failed"),
      "\(text.out)")
    let tap = program("scripts", "test", file, "--tap", in: folder)
    #expect(program("scripts", "test", file, "--tap", "--junit", in: folder).code == 2)
    #expect(tap.out.hasPrefix("TAP version 13\n1..2\nok 1 - ") && tap.out.contains("\nnot ok 2 - "))
    let junit = program("scripts", "test", file, "--junit", in: folder)
    #expect(junit.out.contains("<testsuites tests=\"2\" failures=\"1\">") && junit.out.contains("name=\"one &amp; &lt;two&gt;\""), "\(junit.out)")
    let json = try JSON(parsing: program("scripts", "test", file, "--json", in: folder).out)
    #expect(json["failed"] == 1)
  }

  @Test("run: dry, at a moment, with a seed; and in the server that has the store") func running() throws {
    let script = folder.write("s.lua", "perigee.kv.set('a', 1) print(perigee.time.format(perigee.time.now()), math.random(1000000))")
    let dry = program("run", script, "--dry-run", "--store", store, in: folder)
    #expect(dry.code == 0 && dry.err.contains("would have created kv: a"), "\(dry.err)")
    func at() -> String { program("run", script, "--at", "2020-02-02T00:00:00Z", "--seed", "7", "--store", store, in: folder).out }
    let first = at()
    #expect(first.hasPrefix("2020-02-02T00:00:00Z\t") && first == at())
    // One document, of the same form wherever it runs.
    let printing = folder.write("p.lua", "print('one') print('two') return {n = 1}, 2")
    for more in [[], ["--dry-run"]] {
      let answer = try JSON(parsing: Program(["run", printing, "--json", "--store", store] + more, in: folder).end().out)
      #expect(
        answer["output"] == ["one", "two"] && answer["value"] == ["n": 1] && answer["values"] == [["n": 1], 2] && answer["cost"]?["wall_ns"] != nil)
    }
    let failing = folder.write("f.lua", "print('so far')\nperigee.kv.set('b', 1)\nerror('no')")
    let told = program("run", failing, "--json", "--store", store, in: folder)
    #expect(told.code == 1 && told.out.isEmpty && told.err.hasPrefix("so far\n"), "\(told)")
    let run = program("run", failing, "--dry-run", "--store", store, in: folder)
    #expect(run.code == 1 && run.err.contains("line 3: no"), "\(run.err)")
    let server = Program(["serve", "--store", store, "--listen", "127.0.0.1:0"], in: folder)
    let transaction = folder.write("t.lua", "perigee.transaction(function() perigee.kv.set('c', 2) end) return perigee.kv.get('c')")
    let inServer = program("run", transaction, "--in-server", "--store", store, in: folder)
    #expect(inServer.out == "2\n", "\(inServer.err)")
    server.signal(SIGTERM)
    _ = server.end()
  }
}

@Suite("Examples") struct ExampleTests {
  private static let folder = parent(of: parent(of: parent(of: #filePath))) + "/scripts/examples"

  @Test("are embedded as they stand in their folder: twenty at least, of every kind") func embedded() throws {
    let names = try ScriptFolder.list(Self.folder)
    #expect(names.map { String($0.dropLast(4)) } == Examples.texts.keys.sorted())
    for name in names {
      #expect(Examples.texts[String(name.dropLast(4))] == String(decoding: try readFile(Self.folder + "/" + name, limit: 1 << 20), as: UTF8.self))
    }
    #expect(Examples.all.count >= 20)
    #expect(Set(Examples.all.map(\.kind)) == ["predicate", "filter", "hook", "action", "metric", "batch", "module"])
    #expect(Examples.all.allSatisfy { !$0.description.isEmpty })
  }

  @Test("have no faults that 'scripts check' finds, and tests that pass, but for batch scripts") func tested() throws {
    let check = perform("scripts", "check", Self.folder)
    #expect(check.code == .ok && check.out.isEmpty, "\(check.out)")
    let tests = perform("scripts", "test", Self.folder)
    #expect(tests.code == .ok, "\(tests.out)")
    for example in Examples.all where example.kind != "batch" { #expect(Examples.texts[example.name + "_test"] != nil, "\(example.name)") }
  }

  @Test("of batch scripts do what they say, one after the other") func batches() throws {
    let folder = TemporaryFolder()
    let store = folder.file("store.db")
    let expected: [(String, String)] = [
      ("seed", "100 tickets in tickets"), ("report", "urgent\topen"), ("backfill", "100 documents changed"), ("backfill", "0 documents changed"),
      ("near_duplicates", "ticket-097"), ("outliers", "median 43.5"), ("nightly_clusters", "nightly tickets"), ("agenda", "Sunday in Paris"),
      ("groups", "group 3"), ("announce", "event "),
    ]
    for (name, text) in expected {
      let run = program("run", Self.folder + "/\(name).lua", "--store", store, in: folder)
      #expect(run.code == 0 && run.out.contains(text), "\(name): \(run.out)\(run.err)")
    }
    #expect(Set(expected.map(\.0)) == Set(Examples.all.filter { $0.kind == "batch" }.map(\.name)))
  }
}
