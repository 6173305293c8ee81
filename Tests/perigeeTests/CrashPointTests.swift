import Basics
import Glibc
import Model
import Store
import Testing

@testable import perigee

/// The real program dies once at each place that has a name, and then the books are looked at.
@Suite("A crash at each named point", .serialized) struct CrashPointTests {
  /// Reached by a start with an older store, by an import, or by what has tests of its own; everything else by writing documents that a trigger waits for.
  private static let elsewhere: Set<CrashPoint> = [
    .migrationMiddle, .migrationCommitted, .importBatch, .enrichmentPiece, .webhookSent, .syncedPiece, .syncedFile,
  ]

  private static func document(_ number: Int) -> JSON {
    ["documents": [["document_id": .string("d\(number)"), "text": "some text"]]]
  }

  @Test("loses nothing, counts nothing twice, and every run ends", .timeLimit(.minutes(3)))
  func flow() throws {
    let store = ServedStore()
    try store.start()
    try store.ask("POST", "/v1/collections", ["collection_name": "docs"])
    let id =
      try store.ask(
        "POST", "/v1/triggers",
        [
          "action_type": "script", "action_config": ["script": "return function(ctx) return perigee.kv.incr('runs') end"], "trigger_type": "event",
          "schedule_config": ["event_type": "documents_added", "event_threshold": 1, "cooldown_seconds": 0, "overlap": "allow"],
        ])["trigger_id"]?.string ?? ""
    store.end()
    var (sent, acknowledged) = (0, 0)
    for point in CrashPoint.allCases where !Self.elsewhere.contains(point) {
      // Some are passed on the way up already.
      if try store.start(extra: [CrashPoint.variable: point.name]) {
        for _ in 0..<50 {
          sent += 1
          do throws(Problem) {
            try store.ask("PUT", "/v1/collections/docs/documents/upsert", Self.document(sent))
            acknowledged += 1
          } catch { break }
        }
        // What the last document starts may still have to come to the point.
        while (try? store.ask("GET", "/v1/triggers/\(id)")) != nil {}
      }
      #expect(store.wait() == nil, "\(point.name) was not passed")
    }
    for point in [CrashPoint.importBatch, .batchWritten, .writePlanned] {
      let file = store.folder.write("more.ndjson", (0..<40).map { "{\"document_id\":\"m\($0)\",\"text\":\"more\"}\n" }.joined())
      let child = try Child(["import", file, "--collection", "docs", "--store", store.path, "--json"], extra: [CrashPoint.variable: point.name])
      #expect(child.end(0) == nil, "\(point.name) was not passed")
    }
    try store.start()
    try store.settle()
    let documents = try store.ask("GET", "/v1/collections/docs/documents/count")["count"]?.int ?? 0
    store.end()

    #expect(documents >= Int64(acknowledged + 40) && documents <= Int64(sent + 40))
    try store.read { reader throws(Problem) in
      #expect(try reader.integrityCheck() == [])
      let trigger = try reader.trigger(id)
      let tasks = try reader.tasks(TaskQuery(namespaceID: nil, triggerID: id, limit: 10_000)).items
      let fired = try reader.evaluations(EvaluationQuery(id, outcome: .fired, limit: 10_000)).items
      #expect(tasks.allSatisfy { $0.status == .completed && $0.attempt >= 1 && $0.startedAt != nil && $0.finishedAt != nil })
      #expect(Set(tasks.compactMap(\.scheduledAt)).count == tasks.count, "an instant ran twice")
      #expect(Set(fired.compactMap(\.taskID)) == Set(tasks.map(\.id)) && fired.count == tasks.count, "a run without its decision")
      let consumed = fired.reduce(0) { $0 + ($1.detail["events"]?.int ?? 0) }
      #expect(consumed + (trigger?.eventCounter ?? -1) == documents, "events were lost or counted twice")
      #expect(trigger?.executionCount == Int64(tasks.count) && trigger?.consecutiveFailures == 0)
      #expect(try reader.value("runs", in: "ns_default", at: Instant(milliseconds: 0)) == .int(tasks.count))
    }
  }

  @Test("in a migration leaves a store that the next start migrates", arguments: [CrashPoint.migrationMiddle, .migrationCommitted])
  func migration(point: CrashPoint) throws {
    let store = ServedStore()
    let golden = parent(of: parent(of: #filePath)) + "/StoreTests/Data/v1.store"
    store.folder.write("store.db", try readFile(golden, limit: 1 << 20))
    #expect(try !store.start(extra: [CrashPoint.variable: point.name]))
    #expect(store.wait() == nil, "\(point.name) was not passed")
    #expect(try store.start())
    #expect(store.end() == 0)
    try store.read { reader throws(Problem) in
      #expect(try reader.integrityCheck() == [])
      #expect(try reader.trigger("trg_golden") != nil)
    }
  }

  @Test(
    "is refused when nothing has that name, and the names are shown", arguments: ["claim_comitted", "claim_committed:0", "", "claim_committed:x"])
  func unknown(text: String) throws {
    let store = ServedStore()
    #expect(try !store.start(extra: [CrashPoint.variable: text]))
    #expect(store.wait() == 2)
    #expect(store.log.contains("claim_committed") && store.log.contains(CrashPoint.variable), "\(store.log)")
  }
}
