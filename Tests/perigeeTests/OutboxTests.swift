import Basics
import Glibc
import HTTP
import Synchronization
import Testing

/// What leaves the house and what comes in from folders, when the real program dies in the middle of it.
@Suite("A crash while sending or following", .serialized) struct OutboxTests {
  /// What somebody got, in this process.
  private final class Messages: Sendable {
    private let seen = Mutex<[(id: String, number: Int64)]>([])
    var all: [(id: String, number: Int64)] { seen.withLock { $0 } }
    func take(_ request: Request) {
      let body = try? JSON(parsing: request.body)
      seen.withLock { $0.append((request.headers["webhook-id"] ?? "", body?["data"]?["n"]?.int ?? -1)) }
    }
  }

  @Test("between an answer and its note sends that message again, and loses and reorders none", .timeLimit(.minutes(3)))
  func webhooks() throws {
    let got = Messages()
    let listener = Server(options: ServerOptions(endpoints: [.tcp(host: "127.0.0.1", port: 0)]), surroundings: .real) { request in
      got.take(request)
      return Response(status: 204)
    }
    try listener.start()
    defer { _ = listener.stop(draining: .zero) }
    let store = ServedStore()
    try store.start()
    try store.ask(
      "POST", "/v1/organizations/webhooks",
      [
        "webhook_name": "hook", "event_types": ["custom.step"],
        "channels": [["channel": "webhook", "configs": ["url": .string("http://\(listener.endpoints[0])/hook")]]],
      ])
    store.end()
    var (sent, acknowledged): (Int64, [Int64]) = (0, [])
    let crashes = 4
    for round in 1...crashes {
      if try store.start(extra: ["PERIGEE_CRASH_AT": "webhook_sent:\(round)"]) {
        for _ in 0..<200 {
          sent += 1
          do throws(Problem) {
            try store.ask("POST", "/v1/events", ["event_type": "custom.step", "payload": ["n": .int(sent)]])
            acknowledged.append(sent)
          } catch { break }
        }
      }
      #expect(store.wait() == nil, "it did not die in round \(round)")
    }
    try store.start()
    sent += 1
    let last = try #require(try store.ask("POST", "/v1/events", ["event_type": "custom.step", "payload": ["n": .int(sent)]])["seq"]?.int)
    acknowledged.append(sent)
    // The last message is through when its note is there. Its number is not the count of those acknowledged: some came in without an answer.
    while try store.ask("GET", "/v1/organizations/webhooks/hook/deliveries?limit=1")["results"]?.array?.first?["seq"]?.int ?? 0 < last {}
    store.end()

    let messages = got.all
    var firsts: [Int64] = []
    var seen: Set<String> = []
    for message in messages where seen.insert(message.id).inserted { firsts.append(message.number) }
    #expect(firsts == firsts.sorted(), "out of order")
    #expect(Set(acknowledged).isSubset(of: firsts), "lost: \(Set(acknowledged).subtracting(firsts))")
    #expect(messages.count - firsts.count <= crashes, "more was repeated than was not noted")
    #expect(Set(messages.map { "\($0.id) \($0.number)" }).count == firsts.count, "one identifier, one message")
  }

  @Test("in a folder's look makes each object and each document once", .timeLimit(.minutes(3)))
  func syncs() throws {
    let store = ServedStore()
    let folder = store.folder.file("in")
    mkdir(folder, 0o755)
    defer { for name in ["rows.ndjson", "1.txt", "2.txt", "3.txt"] { unlink("\(folder)/\(name)") }; rmdir(folder) }
    store.folder.write("in/rows.ndjson", (1...300).map { "{\"text\": \"row \($0)\"}\n" }.joined())
    for number in 1...3 { store.folder.write("in/\(number).txt", "text \(number)") }
    let words = ["--sync-root", folder]
    try store.start(words: words)
    let bucket = try store.ask("POST", "/v1/buckets", ["bucket_name": "b", "bucket_schema": ["properties": ["text": ["type": "text"]]]])
    let id = try #require(bucket["bucket_id"])
    try store.ask(
      "POST", "/v1/collections",
      [
        "collection_name": "c", "source": ["type": "bucket", "bucket_ids": [id]],
        "feature_extractor": ["feature_extractor_name": "hashing_extractor", "version": "v1", "parameters": ["dimensions": 16]],
      ])
    store.end()
    // The first of these lives makes the sync, and dies of it.
    for (round, point) in ["synced_piece:3", "synced_piece:3", "synced_file", "task_started"].enumerated() {
      if try store.start(extra: ["PERIGEE_CRASH_AT": point], words: words), round == 0 {
        _ = try? store.ask("POST", "/v1/buckets/b/syncs", ["connection_id": "local", "source_path": .string(folder)])
      }
      #expect(store.wait() == nil, "\(point) was not passed")
    }
    try store.start(words: words)
    let sync = try #require(try store.ask("POST", "/v1/buckets/b/syncs/list")["results"]?.array?.first?["sync_config_id"]?.string)
    let job = try #require(try store.ask("POST", "/v1/buckets/b/syncs/\(sync)/trigger")["sync_job_id"]?.string)
    while try store.ask("GET", "/v1/buckets/b/syncs/\(sync)/jobs/\(job)")["status"] == "running" {}
    try store.settle()
    #expect(try store.ask("GET", "/v1/buckets/b")["object_count"] == 303)
    let objects = try store.ask("POST", "/v1/buckets/b/objects/list", ["limit": 1000])["results"]?.array ?? []
    #expect(objects.count == 303 && Set(objects.compactMap { $0["text"]?.string }).count == 303)
    let documents = try store.ask("POST", "/v1/collections/c/documents/list", ["limit": 1000])["results"]?.array ?? []
    #expect(documents.count == 303 && Set(documents.compactMap { $0["text"]?.string }).count == 303)
    store.end()
  }

  @Test("logs show the last events, follow a server that is restarted, and want a server to follow", .timeLimit(.minutes(2)))
  func logs() throws {
    let store = ServedStore()
    try store.start()
    for number in 1...3 { try store.ask("POST", "/v1/events", ["event_type": "custom.step", "payload": ["n": .int(number)]]) }
    func run(_ words: [String]) throws -> (lines: [JSON], code: Int32?) {
      let child = try Child(["logs", "--store", store.path] + words, errors: store.folder.file("talk"))
      var lines: [JSON] = []
      while let line = child.line() { lines.append(try JSON(parsing: line)) }
      return (lines, child.end(0))
    }
    let shown = try run(["-n", "2", "--type", "custom.*"])
    #expect(shown.lines.map { $0["payload"]?["n"] } == [2, 3] && shown.code == 0)
    let follower = try Child(["logs", "-f", "-n", "1", "--store", store.path], errors: store.folder.file("talk"))
    func next() throws -> JSON? { try follower.line().flatMap { try JSON(parsing: $0)["payload"]?["n"] } }
    #expect(try next() == 3)
    try store.ask("POST", "/v1/events", ["event_type": "custom.step", "payload": ["n": 4]])
    #expect(try next() == 4)
    #expect(store.end() == 0, "a reader does not keep the server from ending in good order")
    try store.start()
    try store.ask("POST", "/v1/events", ["event_type": "custom.step", "payload": ["n": 5]])
    #expect(try next() == 5)
    follower.end(SIGTERM)
    store.end()
    #expect(try run(["-n", "1"]).lines.count == 1, "the store alone is enough to look back")
    #expect(try run(["-f"]).code == 6)
  }
}
