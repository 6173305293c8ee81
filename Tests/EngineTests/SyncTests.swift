import Basics
import Glibc
import Model
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// A bucket that follows a folder which goes with the test.
private final class FollowedFolder {
  let folder: String
  let store: TemporaryStore
  private(set) var sync = ""

  init(schema: JSON = ["properties": ["text": ["type": "text"], "n": ["type": "integer"]]], key: JSON = .null) throws {
    var template = Array("/tmp/perigee-sync-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(.unavailable, "no temporary folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    store = try TemporaryStore(syncRoots: [folder])
    try store.call("create_bucket", body: ["bucket_name": "b", "bucket_schema": schema, "unique_key": key])
  }

  /// The bucket's objects become documents of a collection 'c', with vectors of their words.
  func collect() throws {
    try store.call(
      "create_collection",
      body: [
        "collection_name": "c", "source": ["type": "bucket", "bucket_ids": ["b"]],
        "feature_extractor": ["feature_extractor_name": "hashing_extractor", "version": "v1", "parameters": ["dimensions": 16]],
      ])
  }

  deinit {
    store.host.close()
    remove("")
  }

  func write(_ path: String, _ text: String) { write(path, bytes: Array(text.utf8)) }
  func write(_ path: String, bytes: [UInt8]) {
    let parts = path.split(separator: "/")
    for end in 1..<max(1, parts.count) { mkdir(folder + "/" + parts[..<end].joined(separator: "/"), 0o755) }
    // Moved in when it is complete: the folder is being watched.
    let draft = "\(folder)/.draft"
    guard let file = fopen(draft, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    rename(draft, "\(folder)/\(path)")
  }

  func remove(_ path: String) {
    let whole = path.isEmpty ? folder : "\(folder)/\(path)"
    // A link is removed, never followed: only where this says that it is a folder itself is anything looked into.
    guard unlink(whole) != 0, errno == EISDIR, let stream = opendir(whole) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if name != ".", name != ".." { remove(path.isEmpty ? name : "\(path)/\(name)") }
    }
    closedir(stream)
    rmdir(whole)
  }

  func follow(_ extra: JSONObject = [:]) throws {
    var body: JSONObject = ["source_path": .string(folder)]
    for member in extra.members { body[member.key] = member.value }
    sync = try store.call("create_sync_configuration_buckets", path: ["bucket_identifier": "b"], body: .object(body))["sync_config_id"]?.string ?? ""
    try store.host.settle()
    let jobs = try store.call("list_sync_jobs_buckets_id_config", path: path, body: ["limit": 1000])["results"]?.array ?? []
    seen = Set(jobs.compactMap { $0["sync_job_id"]?.string })
  }

  var path: [String: String] { ["bucket_identifier": "b", "sync_config_id": sync] }

  private var seen: Set<String> = []

  /// Looks through the folder and answers the job, with what the sync has found by itself since the last one: it may have been faster.
  @discardableResult
  func look(full: Bool = false) throws -> JSON {
    let asked = try store.call("trigger_sync_configuration_buckets_id_config", path: path, query: full ? ["full_sync": true] : [:])
    try store.host.settle()
    let jobs = try store.call("list_sync_jobs_buckets_id_config", path: path, body: ["limit": 1000])["results"]?.array ?? []
    var sum = jobs.first { $0["sync_job_id"] == asked["sync_job_id"] }?.object ?? [:]
    for job in jobs where job["sync_job_id"] != asked["sync_job_id"] && !seen.contains(job["sync_job_id"]?.string ?? "") {
      for key in ["objects_added", "objects_updated", "objects_deleted", "files_synced"] {
        sum[key] = .int((sum[key]?.int ?? 0) + (job[key]?.int ?? 0))
      }
    }
    seen.formUnion(jobs.compactMap { $0["sync_job_id"]?.string })
    return .object(sum)
  }

  func objects() throws -> [JSON] {
    try store.call("list_objects_buckets", path: ["bucket_identifier": "b"], body: ["limit": 1000])["results"]?.array ?? []
  }
  func texts() throws -> [String] { try objects().compactMap { $0["text"]?.string }.sorted() }
  func ids() throws -> [String: String] {
    Dictionary(try objects().map { ($0["text"]?.string ?? "", $0["object_id"]?.string ?? "") }) { first, _ in first }
  }
  func failures() throws -> [JSON] {
    try store.call("list_dlq_entries_buckets_id_syncs_config", path: path)["results"]?.array ?? []
  }
}

/// A folder with a file that no bucket may follow, for links to point at.
private final class Outside {
  let folder: String
  var file: String { folder + "/secret.txt" }
  var isThere: Bool { access(file, F_OK) == 0 }

  init() throws {
    var template = Array("/tmp/perigee-outside-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(.unavailable, "no temporary folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let stream = fopen(file, "w") else { throw Problem(.unavailable, "no temporary file") }
    fputs("secret", stream)
    fclose(stream)
  }

  deinit {
    unlink(file)
    rmdir(folder)
  }
}

@Suite("Syncs of buckets with folders", .serialized) struct SyncTests {
  @Test("take in texts, objects and rows, each in its way") func formats() throws {
    let world = try FollowedFolder()
    world.write("a.txt", "plain words")
    world.write("deep/er/b.md", "# a heading")
    world.write("one.json", "{\"text\": \"one\", \"n\": 1}")
    world.write("many.json", "[{\"text\": \"two\"}, {\"text\": \"three\"}]")
    world.write("rows.ndjson", "{\"text\": \"four\", \"n\": 4}\n\n{\"text\": \"five\"}")
    world.write("table.csv", "\u{feff}text,n,note\r\n\"six, and \"\"more\"\"\",6,x\r\nseven,,\r\n\"eight\nlines\",8,y\r\n")
    world.write("table.tsv", "text\tn\nnine\t9\n")
    world.write(".hidden", "not meant")
    let outside = try Outside()
    symlink(outside.file, "\(world.folder)/link.txt")
    symlink(outside.folder, "\(world.folder)/outside")
    try world.follow()
    #expect(
      try world.texts() == [
        "# a heading", "eight\nlines", "five", "four", "nine", "one", "plain words", "seven", "six, and \"more\"", "three", "two",
      ])
    let objects = try world.objects()
    #expect(objects.first { $0["text"] == "eight\nlines" }?["n"] == 8, "cells are read as the schema says")
    #expect(objects.first { $0["text"] == "# a heading" }?["source_path"] == "deep/er/b.md")
    #expect(try world.failures().isEmpty)
    world.remove("outside")
    #expect(outside.isThere, "what a link points at is not the test's to remove")
  }

  @Test("make each object once, whatever is looked at how often, and keep its identifier") func once() throws {
    let world = try FollowedFolder()
    world.write("a.txt", "first")
    world.write("rows.ndjson", (1...250).map { "{\"text\": \"row \($0)\"}" }.joined(separator: "\n"))
    try world.follow()
    let before = try world.ids()
    #expect(before.count == 251)
    let job = try world.look()
    #expect(job["files_verified"] == 2 && job["files_synced"] == 0 && job["objects_added"] == 0)
    let full = try world.look(full: true)
    #expect(full["files_synced"] == 2 && full["objects_added"] == 0 && full["objects_updated"] == 0 && full["objects_deleted"] == 0)
    try world.store.reopen()
    try world.store.host.settle()
    #expect(try world.ids() == before)
    #expect(try world.store.call("get_bucket", path: ["bucket_identifier": "b"])["object_count"] == 251)
  }

  @Test("follow changes: a text stays the object it is, rows may move, come and go") func changes() throws {
    let world = try FollowedFolder()
    world.write("a.txt", "first")
    world.write("rows.ndjson", "{\"text\": \"x\"}\n{\"text\": \"y\"}\n{\"text\": \"y\"}\n")
    try world.follow()
    let before = try world.ids()
    world.write("a.txt", "first, and changed")
    world.write("rows.ndjson", "{\"text\": \"new\"}\n{\"text\": \"y\"}\n{\"text\": \"y\"}\n{\"text\": \"y\"}\n")
    let job = try world.look()
    #expect(job["objects_added"] == 2 && job["objects_updated"] == 1 && job["objects_deleted"] == 1, "\(job.text)")
    #expect(try world.texts() == ["first, and changed", "new", "y", "y", "y"])
    let after = try world.ids()
    #expect(after["first, and changed"] == before["first"])
    #expect(Set(try world.objects().filter { $0["text"] == "y" }.compactMap { $0["object_id"]?.string }).count == 3)
    world.remove("rows.ndjson")
    #expect(try world.look()["objects_deleted"] == 4)
    #expect(try world.texts() == ["first, and changed"])
    let types = try world.store.call("list_events", query: ["event_types": "object*"])["results"]?.array?.compactMap { $0["type"]?.string } ?? []
    #expect(Set(types) == ["object.created", "objects.created.batch", "object.updated", "object.deleted"])
  }

  @Test("whatever happens in a folder, its objects are its files, and their documents are theirs", arguments: 0..<6 as Range<UInt64>)
  func anything(seed: UInt64) throws {
    let world = try FollowedFolder()
    try world.collect()
    let outside = try Outside()
    var random = SeededRandom(seed: seed)
    var files: [String: String] = [:]
    func fresh() -> String { "\(["", "in/", "in/deep/"][Int.random(in: 0..<3, using: &random)])f\(Int.random(in: 0..<60, using: &random)).txt" }
    func change(_ number: Int) {
      let one = files.keys.sorted().randomElement(using: &random)
      switch (Int.random(in: 0..<10, using: &random), one) {
      case (0, let one?):
        world.remove(one)
        files[one] = nil
      case (1, let one?), (2, let one?):
        let target = fresh()
        // Over another file or to a place of its own, both at once for who looks.
        guard rename("\(world.folder)/\(one)", "\(world.folder)/\(target)") == 0 else { return }
        let moved = files.removeValue(forKey: one)
        files[target] = moved
      case (3, _): symlink(outside.file, "\(world.folder)/link\(number).txt")
      case (4, _): mkfifo("\(world.folder)/pipe\(number).txt", 0o600)
      case (5, let one?):
        files[one] = "text \(number), in the place of another"
        world.write(one, files[one] ?? "")
      default:
        let name = fresh()
        files[name] = "text \(number)"
        world.write(name, files[name] ?? "")
      }
    }
    for number in 0..<40 { change(number) }
    try world.follow(["reconcile": ["on_delete": true]])
    for round in 1...5 {
      // Nobody looks while it changes: what a look finds in the middle is told by the tests of watching.
      try world.store.call("pause_sync_configuration_buckets_id_config", path: world.path)
      try world.store.host.settle()
      for number in 0..<15 { change(round * 100 + number) }
      if round == 3 { try world.store.reopen() }
      try world.store.call("resume_sync_configuration_buckets_id_config", path: world.path)
      try world.store.host.settle()
      try world.look()
      #expect(try world.texts() == files.values.sorted(), "round \(round)")
      let documents = try world.store.call("list_documents", path: ["collection_identifier": "c"], body: ["limit": 1000])
      #expect(documents["results"]?.array?.compactMap { $0["text"]?.string }.sorted() == files.values.sorted(), "round \(round)")
    }
    #expect(outside.isThere)
  }

  @Test("know rows by the bucket's unique key where it has one") func uniqueKeys() throws {
    let world = try FollowedFolder(key: ["fields": ["n"]])
    world.write("rows.csv", "n,text\n1,one\n2,two\n")
    try world.follow()
    let before = try world.ids()
    world.write("rows.csv", "n,text\n2,two and more\n1,one\n3,three\n")
    let job = try world.look()
    #expect(job["objects_added"] == 1 && job["objects_updated"] == 1 && job["objects_deleted"] == 0, "\(job.text)")
    let after = try world.ids()
    #expect(after["two and more"] == before["two"] && after["one"] == before["one"])
  }

  @Test("keep what is gone, or take it away with its documents, as reconcile says", arguments: [true, false]) func deletions(deletes: Bool) throws {
    let world = try FollowedFolder()
    try world.collect()
    for number in 1...3 { world.write("\(number).txt", "text number \(number)") }
    try world.follow(["reconcile": ["on_delete": .bool(deletes)]])
    func count() throws -> Int64? { try world.store.call("count_documents", path: ["collection_identifier": "c"])["count"]?.int }
    #expect(try count() == 3)
    world.remove("2.txt")
    try world.look()
    #expect(try world.objects().count == (deletes ? 2 : 3))
    #expect(try count() == (deletes ? 2 : 3))
  }

  @Test("give what came to the collections, once, and what was changed again") func processing() throws {
    let world = try FollowedFolder()
    world.write("before.txt", "there before any collection")
    try world.follow()
    try world.collect()
    world.write("a.txt", "some words")
    try world.look()
    func texts() throws -> [String] {
      try world.store.call("list_documents", path: ["collection_identifier": "c"], body: ["limit": 100])["results"]?.array?
        .compactMap { $0["text"]?.string }.sorted() ?? []
    }
    #expect(try texts() == ["some words", "there before any collection"])
    world.write("a.txt", "other words than before")
    try world.look()
    #expect(try texts() == ["other words than before", "there before any collection"])
    #expect(try world.look()["batch_ids"] == [])
    let batches = try world.store.call("list_batches_buckets", path: ["bucket_identifier": "b"])
    // The one from before, the new one, and that again.
    #expect(batches["results"]?.array?.compactMap { $0["object_count"]?.int }.reduce(0, +) == 3, "\(batches.text)")
  }

  @Test("say which files cannot be taken in, take in the rest, and try again when they change") func failures() throws {
    let world = try FollowedFolder()
    world.write("good.txt", "good")
    world.write("bad.json", "{\"text\": ")
    world.write("image.png", bytes: [0x89, 0x50, 0x4e, 0x47, 0, 1, 2])
    world.write("rows.ndjson", "{\"text\": \"fine\"}\n{\"text\": \"n is none\", \"n\": \"x\"}\n{\"text\": \"fine too\"}\n")
    try world.follow()
    #expect(try world.texts() == ["fine", "fine too", "good"])
    let failed = try world.failures()
    #expect(failed.map { $0["source_object_id"] } == ["bad.json", "image.png", "rows.ndjson"])
    #expect(failed[2]["error_message"]?.string?.hasPrefix("row 2: n:") == true, "\(failed[2].text)")
    world.write("bad.json", "{\"text\": \"mended\"}")
    try world.look()
    #expect(try world.texts() == ["fine", "fine too", "good", "mended"])
    #expect(try world.failures().count == 2)
  }

  @Test("lose nothing when the folder itself is gone for a while") func missingFolder() throws {
    let world = try FollowedFolder()
    world.write("in/a.txt", "kept")
    try world.follow(["source_path": .string("\(world.folder)/in")])
    rename("\(world.folder)/in", "\(world.folder)/away")
    let job = try world.look()
    #expect(job["status"] == "failed" && job["error"]?.string?.contains("cannot be opened") == true, "\(job.text)")
    #expect(try world.texts() == ["kept"])
    #expect(try world.store.call("get_sync_configuration_buckets_id_config", path: world.path)["status"] == "FAILED")
    rename("\(world.folder)/away", "\(world.folder)/in")
    #expect(try world.look()["status"] == "completed")
  }

  @Test("take in only what the filters let through, and drop what they let through no more") func filters() throws {
    let world = try FollowedFolder()
    for name in ["a.txt", "b.md", "drafts/c.txt", "long.txt"] { world.write(name, name == "long.txt" ? String(repeating: "l", count: 500) : name) }
    try world.follow(["file_filters": ["include_patterns": ["*.txt"], "exclude_patterns": ["drafts/*"], "max_size_bytes": 100]])
    #expect(try world.texts() == ["a.txt"])
    try world.store.call("update_sync_configuration_buckets_id_config", path: world.path, body: ["file_filters": ["extensions": ["md"]]])
    try world.look()
    #expect(try world.texts() == ["b.md"])
  }

  @Test("fill fields as the mapping says") func mapping() throws {
    let world = try FollowedFolder()
    world.write("sport/2026/a.txt", "  Ball  ")
    world.write("rows.ndjson", "{\"headline\": \"HELLO\", \"deep\": {\"n\": 3}}\n")
    try world.follow([
      "schema_mapping": [
        "mappings": [
          "body": ["target_type": "blob", "source": ["type": "file"], "blob_property": "text", "transform": .null],
          "title": ["source": ["type": "column", "name": "headline"], "transform": "lowercase"],
          "n": ["source": ["type": "column", "name": "deep.n"]], "topic": ["source": ["type": "folder_path", "segment": 0]],
          "origin": ["source": ["type": "constant", "value": "disk"]],
        ]
      ]
    ])
    let objects = try world.objects()
    let text = try #require(objects.first { $0["topic"] == "sport" })
    #expect(text["text"] == "  Ball  " && text["origin"] == "disk" && text["title"] == nil)
    let row = try #require(objects.first { $0["title"] == "hello" })
    #expect(row["n"] == 3 && row["topic"] == nil)
  }

  @Test("hear by themselves of what happens in the folder, and of folders that are new") func watching() throws {
    let world = try FollowedFolder()
    try world.follow()
    let heard = Mailbox<Int64>()
    let follower = world.store.host.audience.follow { heard.put($0) }
    defer { world.store.host.audience.leave(follower) }
    func wait(for count: Int) throws {
      for _ in 0..<120 where try world.objects().count < count { _ = heard.take(limit: 100, timeout: .milliseconds(250)) }
      #expect(try world.objects().count == count)
    }
    world.write("a.txt", "one")
    try wait(for: 1)
    world.write("new/deeper/b.txt", "two")
    try wait(for: 2)
    world.write("new/deeper/c.txt", "three")
    try wait(for: 3)
  }

  @Test("look by themselves when their time has come, and not while they are paused") func polling() throws {
    let world = try FollowedFolder()
    try world.follow(["polling_interval_seconds": 60])
    try world.store.call("pause_sync_configuration_buckets_id_config", path: world.path)
    world.write("a.txt", "one")
    try world.store.advance(by: .seconds(120))
    #expect(try world.texts() == [])
    #expect(try world.store.call("get_sync_configuration_buckets_id_config", path: world.path)["status"] == "SUSPENDED")
    try world.store.call("resume_sync_configuration_buckets_id_config", path: world.path)
    try world.store.host.settle()
    #expect(try world.texts() == ["one"])
  }

  @Test("of the mode initial_only look once") func initialOnly() throws {
    let world = try FollowedFolder()
    world.write("a.txt", "one")
    try world.follow(["sync_mode": "initial_only"])
    world.write("b.txt", "two")
    try world.store.advance(by: .seconds(1000))
    #expect(try world.texts() == ["one"])
    let sync = try world.store.call("get_sync_configuration_buckets_id_config", path: world.path)
    #expect(sync["status"] == "COMPLETED" && sync["is_active"] == false)
  }

  @Test("go with their bucket, and leave its objects when they go alone") func deletion() throws {
    let world = try FollowedFolder()
    world.write("a.txt", "one")
    try world.follow()
    try world.store.call("delete_sync_configuration_buckets_id_config", path: world.path)
    #expect(try world.texts() == ["one"])
    try world.follow()
    try world.store.call("delete_bucket", path: ["bucket_identifier": "b"])
    world.write("b.txt", "two")
    try world.store.advance(by: .seconds(1000))
  }

  static let mistakes: [(JSONObject, String, Problem.Kind, String?)] = [
    (["source_path": "/etc"], "source_path", .forbidden, nil), (["source_path": "/tmp"], "source_path", .forbidden, nil),
    (["source_path": "../.."], "source_path", .forbidden, nil), (["source_path": "/nowhere/at/all"], "source_path", .forbidden, nil),
    (["source_path": "not/there"], "source_path", .notFound, nil), (["source_path": 5], "source_path", .invalid, nil),
    (["connection_id": "conn_1"], "connection_id", .unsupported, nil), (["sync_mode": "continous"], "sync_mode", .invalid, "continuous"),
    (["polling_interval_seconds": 1], "polling_interval_seconds", .invalid, nil),
    (["file_filter": [:]], "file_filter", .invalid, "file_filters"),
    (["file_filters": ["include_pattern": []]], "file_filters.include_pattern", .invalid, "include_patterns"),
    (["schema_mapping": ["mappings": ["a": ["source": ["type": "colum"]]]]], "schema_mapping.mappings.a.source.type", .invalid, "column"),
    (["reconcile": ["on_deleted": true]], "reconcile.on_deleted", .invalid, "on_delete"),
    (["batch_collection_ids": ["none"]], "batch_collection_ids[0]", .notFound, nil),
  ]

  @Test("refuse what is wrong or not allowed, say where, and change nothing", arguments: mistakes)
  func refusing(extra: JSONObject, path: String, kind: Problem.Kind, near: String?) throws {
    let world = try FollowedFolder()
    let outside = try Outside()
    symlink(outside.folder, "\(world.folder)/out")
    do {
      try world.follow(extra)
      Issue.record("nothing was thrown")
    } catch {
      let problem = try #require(error as? Problem)
      #expect(problem.path == path && problem.kind == kind && problem.didYouMean == near, "\(problem)")
    }
    _ = withExtendedLifetime(outside) { #expect(throws: Problem.self) { try world.follow(["source_path": .string("\(world.folder)/out")]) } }
    #expect(try world.store.call("list_sync_configurations_buckets", path: ["bucket_identifier": "b"])["total"] == 0)
  }

  @Test("are refused while no folder is allowed") func noRoots() throws {
    let store = try TemporaryStore()
    try store.call("create_bucket", body: ["bucket_name": "b", "bucket_schema": ["properties": [:]]])
    do {
      try store.call("create_sync_configuration_buckets", path: ["bucket_identifier": "b"], body: ["source_path": "/tmp"])
      Issue.record("nothing was thrown")
    } catch { #expect((error as Problem).hint?.contains("--sync-root") == true) }
  }
}
