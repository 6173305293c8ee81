import Basics
import Glibc
import HTTP
import Model
import Store
import Testing

/// What `kill -9` may not take away, tried on the real program: acknowledged writes, due instants, and the wholeness of the store.
@Suite("kill -9, fifty times", .serialized) struct KillTests {
  private static let rounds = 50

  private final class Server {
    let child: Child
    let client: Client
    let key: String

    init(_ store: String, key known: String?) throws {
      child = try Child(["serve", "--store", store, "--port", "0", "--json"])
      guard let line = child.line(), case .object(let banner) = try JSON(parsing: line), let url = banner["url"]?.string else {
        throw Problem(.unavailable, "the server did not come up")
      }
      client = Client(try Endpoint(url.replacing("http://", with: "")))
      key = known ?? banner["key"]?.string ?? ""
    }

    func send(_ method: String, _ path: String, _ body: JSON? = nil) throws(Problem) -> JSON {
      let answer = try client.send(
        method, path, headers: ["Authorization": "Bearer \(key)", "Content-Type": "application/json"], body: body?.bytes ?? [])
      guard answer.status == 200 else { throw Problem(.unavailable, "\(method) \(path): \(answer.status) \(answer.text)") }
      return try answer.json()
    }
  }

  private static func documents(_ count: Int, from: Int) -> JSON {
    [
      "documents": .array(
        (from..<from + count).map { number in
          [
            "document_id": .string("d\(number)"), "text": "some text",
            "vectors": ["v": [.int(number % 7), .int(number % 3), .int(1), .int(number % 2)]],
          ]
        })
    ]
  }

  @Test("no acknowledged write is lost, no instant is lost or run twice, and the store stays whole", .timeLimit(.minutes(5)))
  func killed() throws {
    var template = Array("/tmp/perigee-kill-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let store = folder + "/store.db"
    defer {
      for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock", "more.ndjson"] { unlink(folder + "/" + name) }
      rmdir(folder)
    }
    var random = SeededRandom(seed: 20_261_121)

    // The things that go on in each round: an interval of a second that must run each instant once, a counter, a cluster.
    var server = try Server(store, key: nil)
    let key = server.key
    _ = try server.send("POST", "/v1/collections", ["collection_name": "docs", "vector_indexes": [["name": "v", "dimensions": 4]]])
    _ = try server.send("PUT", "/v1/collections/docs/documents/upsert", Self.documents(400, from: 0))
    let cluster = try server.send(
      "POST", "/v1/clusters",
      [
        "collection_ids": ["docs"], "cluster_name": "c",
        "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 5, "n_init": 20]],
      ])
    let ticking =
      try server.send(
        "POST", "/v1/triggers",
        [
          "action_type": "script", "action_config": ["script": "return function(ctx) return perigee.kv.incr('runs') end"], "trigger_type": "interval",
          "schedule_config": ["interval_seconds": 1, "catch_up": "all", "overlap": "allow", "max_catch_up": 10000],
        ])["trigger_id"]?.string ?? ""
    let counting =
      try server.send(
        "POST", "/v1/triggers",
        [
          "action_type": "script", "action_config": ["script": "return 1"], "trigger_type": "event",
          "schedule_config": ["event_type": "documents_added", "collection_id": "docs", "event_threshold": 1_000_000_000],
        ])["trigger_id"]?.string ?? ""
    server.child.end(SIGKILL)

    var acknowledged = 400
    var attempted = 400
    for round in 0..<Self.rounds {
      server = try Server(store, key: key)
      if round % 2 == 0 { _ = try server.send("POST", "/v1/clusters/\(cluster["cluster_id"]?.string ?? "")/execute") }
      for _ in 0..<Int.random(in: 1...25, using: &random) {
        _ = try server.send("PUT", "/v1/collections/docs/documents/upsert", Self.documents(20, from: attempted))
        attempted += 20
        acknowledged = attempted
      }
      if round % 3 == 0 {
        // One more is on its way when the kill comes: it may be there afterwards or not, but not in part.
        let socket = try Socket.connect(to: server.client.endpoint, patience: Patience(.seconds(5)))
        let body = Self.documents(20, from: attempted).bytes
        attempted += 20
        let head =
          "PUT /v1/collections/docs/documents/upsert HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nContent-Length: \(body.count)\r\n\r\n"
        _ = (Array(head.utf8) + body).withUnsafeBytes { Socket.write(socket, $0) }
        server.child.end(SIGKILL)
        close(socket)
      } else {
        server.child.end(SIGKILL)
      }
      // Whatever came of the last write, its documents are written again; who is there already is not counted twice.
      if attempted > acknowledged {
        server = try Server(store, key: key)
        _ = try server.send("PUT", "/v1/collections/docs/documents/upsert", Self.documents(attempted - acknowledged, from: acknowledged))
        acknowledged = attempted
        server.child.end(SIGKILL)
      }
    }

    // An import that is killed somewhere in the middle leaves a store that takes the same import again.
    let more = folder + "/more.ndjson"
    let file = open(more, O_WRONLY | O_CREAT, 0o600)
    for number in 0..<3000 {
      let line = Array("{\"id\":\"m\(number)\",\"vectors\":{\"v\":[1,2,3,\(number)]},\"text\":\"more\"}\n".utf8)
      _ = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
    close(file)
    for _ in 0..<5 {
      let importing = try Child(["import", more, "--collection", "docs", "--store", store, "--json"])
      let size = Int64.random(in: 0...3_000_000, using: &random)
      var status = stat()
      var result: Int32 = 0
      // Until the log has grown so far, or the import has ended by itself.
      while !(stat(store + "-wal", &status) == 0 && Int64(status.st_size) > size), waitpid(importing.pid, &result, WNOHANG) == 0 { sched_yield() }
      importing.end(SIGKILL)
    }
    let last = try Child(["import", more, "--collection", "docs", "--store", store, "--json"])
    #expect(last.line() != nil)
    last.end(0)

    // Everything that was due or under way is finished, and then the books are looked at.
    server = try Server(store, key: key)
    _ = try server.send("POST", "/v1/triggers/\(ticking)/pause")
    while true {
      let open = try ["PENDING", "IN_PROGRESS"].map { status throws(Problem) in try server.send("POST", "/v1/tasks/list", ["status": .string(status)])
      }
      if open.allSatisfy({ $0["results"] == [] }) { break }
    }
    server.child.end(SIGTERM)

    let readers = Readers(path: store, count: 1, surroundings: .real)
    defer { readers.close() }
    try readers.read { reader throws(Problem) in
      #expect(try reader.integrityCheck() == [])
      let collection = try reader.collection("docs", in: "ns_default")
      let id = collection?.id ?? ""
      let all = (0..<acknowledged).map { "d\($0)" } + (0..<3000).map { "m\($0)" }
      #expect(try reader.existing(all, in: id).count == all.count)
      #expect(try reader.documentCount(id) == Int64(all.count))
      #expect(try reader.count(id, filter: .compare(field: "text", .ne, "nothing")) == Int64(all.count))
      #expect(try reader.vectors(of: [id], index: "v").count == all.count)
      // Every document was counted once for the trigger that listens.
      #expect(try reader.trigger(counting)?.eventCounter == Int64(all.count - 400))

      var tasks: [TaskRecord] = []
      while true {
        let page = try reader.tasks(TaskQuery(namespaceID: "ns_default", triggerID: ticking, offset: tasks.count, limit: 1000))
        tasks += page.items
        if page.items.isEmpty { break }
      }
      let instants = tasks.compactMap(\.scheduledAt).sorted()
      #expect(instants.count == tasks.count && instants.count >= 3)
      #expect(Set(instants).count == instants.count, "an instant ran twice")
      #expect(zip(instants, instants.dropFirst()).allSatisfy { $1 - $0 == .seconds(1) }, "an instant is missing")
      #expect(tasks.allSatisfy { $0.status == .completed })
      // What a run writes is committed with its end: as many counts as runs.
      #expect(try reader.value("runs", in: "ns_default", at: Instant(milliseconds: 0)) == .int(tasks.count))
      #expect(try reader.trigger(ticking)?.executionCount == Int64(tasks.count))
      let runs = try reader.runs(of: cluster["cluster_id"]?.string ?? "", Page(limit: 1000)).items
      #expect(runs.count >= 25 && runs.allSatisfy { $0.status == .completed })
    }
  }
}
