import Basics
import Glibc
import Model
import Store
import Testing

/// The real program whose files may not grow for a while: to SQLite that is a full disk, and no right to mount anything is needed.
@Suite("A full disk under the real program", .serialized) struct FullDiskTests {
  /// Of util-linux; changes the limits of a running process.
  private static let prlimit = "/usr/bin/prlimit"

  private static func limit(_ store: ServedStore, to bytes: String) throws {
    let pid = store.child?.pid ?? 0
    #expect(try Child(["--pid", "\(pid)", "--fsize=\(bytes):unlimited"], program: Self.prlimit).end(0) == 0)
  }

  private static func documents(_ numbers: Range<Int>) -> JSON {
    ["documents": .array(numbers.map { ["document_id": .string("d\($0)"), "text": .string(String(repeating: "x", count: 4000))] })]
  }

  @Test(
    "writes answer 507 and leave nothing, triggers wait and it is said why, and all goes on when there is room again",
    .enabled(if: access(prlimit, X_OK) == 0), .timeLimit(.minutes(1)))
  func full() throws {
    let store = ServedStore()
    try store.start()
    try store.ask("POST", "/v1/collections", ["collection_name": "docs"])
    func trigger(_ type: JSON, _ schedule: JSON) throws -> String {
      try store.ask(
        "POST", "/v1/triggers",
        ["action_type": "script", "action_config": ["script": "return 1"], "trigger_type": type, "schedule_config": schedule])["trigger_id"]?.string
        ?? ""
    }
    let counting = try trigger("event", ["event_type": "documents_added", "event_threshold": 3, "cooldown_seconds": 0, "overlap": "allow"])
    try store.ask("PUT", "/v1/collections/docs/documents/upsert", Self.documents(0..<20))
    try store.settle()
    let ticking = try trigger("interval", ["interval_seconds": 1, "catch_up": "all", "overlap": "allow"])

    var log = stat()
    #expect(stat(store.path + "-wal", &log) == 0)
    try Self.limit(store, to: "\(log.st_size)")
    var acknowledged = 20
    var refused: (status: Int, body: JSON)?
    for number in 20..<400 where refused == nil {
      let answer = try store.send("PUT", "/v1/collections/docs/documents/upsert", Self.documents(number..<number + 1))
      if answer.status == 200 { acknowledged += 1 } else { refused = answer }
    }
    #expect(refused?.status == 507)
    #expect(refused?.body["error"]?["message"]?.string?.contains("the store cannot grow") == true, "\(refused?.body.text ?? "")")
    // The interval comes due, and its claim finds no room either.
    while try store.ask("GET", "/v1/health/beat")["held_by"]?.string?.contains("the store cannot grow") != true {}
    #expect(try store.ask("GET", "/v1/health/beat")["beat_running"] == false)
    #expect(try store.ask("GET", "/v1/collections/docs/documents/count")["count"] == .int(acknowledged), "reading goes on")

    try Self.limit(store, to: "unlimited")
    try store.ask("PUT", "/v1/collections/docs/documents/upsert", Self.documents(acknowledged..<acknowledged + 1))
    acknowledged += 1
    while try store.ask("GET", "/v1/triggers/\(ticking)")["execution_count"]?.int ?? 0 < 1 {}
    #expect(try store.ask("GET", "/v1/health/beat")["beat_running"] == true)
    try store.ask("POST", "/v1/triggers/\(ticking)/pause")
    try store.settle()
    #expect(store.end() == 0)
    #expect(store.log.contains("the store takes nothing, triggers wait") && store.log.contains("the store takes writes again"), "\(store.log)")

    try store.read { reader throws(Problem) in
      #expect(try reader.integrityCheck() == [])
      #expect(
        try reader.collection("docs", in: "ns_default").map { collection throws(Problem) in try reader.documentCount(collection.id) }
          == Int64(acknowledged))
      for id in [counting, ticking] {
        let tasks = try reader.tasks(TaskQuery(namespaceID: nil, triggerID: id, limit: 1000)).items
        #expect(tasks.allSatisfy { $0.status == .completed })
        #expect(try reader.trigger(id)?.executionCount == Int64(tasks.count))
        let fired = try reader.evaluations(EvaluationQuery(id, outcome: .fired, limit: 1000)).items
        #expect(fired.count == tasks.count)
        if id == counting {
          #expect(fired.reduce(0) { $0 + ($1.detail["events"]?.int ?? 0) } + (try reader.trigger(id)?.eventCounter ?? -1) == Int64(acknowledged))
        } else {
          let instants = tasks.compactMap(\.scheduledAt).sorted()
          #expect(zip(instants, instants.dropFirst()).allSatisfy { $1 - $0 == .seconds(1) }, "an instant is missing")
        }
      }
    }
  }
}
