import Basics
import Glibc
import Model
import Testing

@testable import Store

/// `Data/v1.store` was written when version 1 was released; every later version has to read it. Its pages are small to keep it small.
@Suite("Stores of released versions") struct GoldenStoreTests {
  private static let file = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)) + "/Data/v1.store"
  private static let at = Instant(milliseconds: 1_704_067_200_123)

  @Test("of version 1 are read, migrated and written")
  func version1() throws {
    let directory = try temporaryDirectory()
    defer { removeDirectory(directory) }
    let path = directory + "/store.db"
    try Self.copy(Self.file, path)
    let surroundings = ManualTime().surroundings
    let ledger = try SQLiteLedger.open(path: path, mode: .owner, surroundings: surroundings)
    defer { ledger.close() }
    let readers = Readers(path: path, count: 1, surroundings: surroundings)
    let golden = try Golden()
    try readers.read { reader throws(Problem) in
      #expect(try reader.schemaVersion() == Migration.all.last?.version)
      #expect(try reader.namespace("golden") == golden.namespace)
      #expect(try reader.keys() == [golden.key])
      #expect(try reader.collection("words", in: "ns_golden") == golden.collection)
      #expect(try reader.documents(DocumentQuery(namespaceID: "ns_golden", vectors: true)).items == golden.documents)
      #expect(try reader.vectors(of: ["col_golden"]).values == [0.5, -1, 3])
      #expect(try reader.cluster("topics", in: "ns_golden") == golden.cluster)
      #expect(try reader.latestRun(of: "clust_golden") == golden.run)
      #expect(try reader.activeTriggers() == [golden.trigger])
      #expect(try reader.unfinishedTasks() == [golden.task])
      #expect(try reader.lastEvaluation("trg_golden") == golden.evaluation)
      #expect(try reader.events(since: 0) == [golden.event])
      #expect(try reader.value("table", in: "ns_golden", at: Self.at) == ["a": [1, "two", nil]])
      #expect(try reader.value("hits", in: "ns_golden", at: Self.at) == 41)
      #expect(try reader.integrityCheck() == [])
    }
    var transaction = Transaction()
    transaction.incrementValue("hits", by: 1, in: "ns_golden", at: Self.at)
    transaction.deleteNamespace("ns_golden")
    guard case .committed(let rows) = ledger.commit(transaction) else {
      Issue.record("not committed")
      return
    }
    #expect(rows == [[.integer(42)]])
  }

  @Test("is written anew on request", .enabled(if: getenv("PERIGEE_WRITE_GOLDEN_STORE") != nil))
  func write() throws {
    unlink(Self.file)
    do {
      let connection = try Connection(path: Self.file, .write)
      try connection.execute("PRAGMA page_size = 512; PRAGMA application_id = \(StoreFile.applicationID); CREATE TABLE x (y); DROP TABLE x")
    }
    let ledger = try SQLiteLedger.open(path: Self.file, mode: .beside, surroundings: ManualTime().surroundings)
    let golden = try Golden()
    var transaction = Transaction()
    transaction.insert(golden.namespace)
    transaction.insert(golden.key)
    transaction.insert(golden.collection)
    for (index, document) in golden.documents.enumerated() { transaction.insert(document, in: "ns_golden", position: Int64(index + 1)) }
    transaction.adjustDocumentCount("col_golden", by: 2)
    transaction.insert(golden.cluster)
    transaction.insert(golden.run)
    transaction.insert(golden.trigger)
    transaction.insert(golden.task)
    transaction.insert(golden.evaluation)
    transaction.append(golden.event)
    transaction.setValue("table", to: ["a": [1, "two", nil]], in: "ns_golden")
    transaction.setValue("hits", to: 41, in: "ns_golden")
    #expect(ledger.commit(transaction).isCommitted)
    ledger.close()
  }

  private static func copy(_ from: String, _ to: String) throws {
    guard let source = fopen(from, "r"), let target = fopen(to, "w") else { throw Problem(.internal, "\(from) cannot be copied") }
    defer { fclose(source) }
    defer { fclose(target) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&bytes, 1, bytes.count, source), count > 0 { fwrite(bytes, 1, count, target) }
  }

  /// What is in the file.
  private struct Golden {
    let namespace = Namespace(id: "ns_golden", name: "golden", description: "every kind of thing", createdAt: at, updatedAt: at)
    let key = APIKey(
      id: "key_golden", name: "ci", prefix: "sk_abcde", hash: SHA256.hex("sk_abcde…"), scopes: [.read, .execute], namespaces: ["ns_golden"],
      createdAt: at, expiresAt: at + .seconds(60))
    let collection = Collection(
      id: "col_golden", namespaceID: "ns_golden", name: "words",
      vectorIndexes: [VectorIndex(name: "text", dimensions: 3, metric: .euclidean)], metadata: ["tier": "hot"], createdAt: at, updatedAt: at)
    let documents = [
      Document(
        id: "one", collectionID: "col_golden", fields: ["n": 1, "ü": ["x": nil]], vectors: ["text": [0.5, -1, 3]], createdAt: at, updatedAt: at),
      Document(id: "two", collectionID: "col_golden", fields: ["n": 2.5], createdAt: at, updatedAt: at + .seconds(1)),
    ]
    let cluster: ClusterDefinition
    let run = ClusterRun(
      id: "run_golden", clusterID: "clust_golden", namespaceID: "ns_golden", taskID: "task_golden", status: .completed, points: 1, sourceDocuments: 2,
      groups: [
        .init(
          id: "cl_0", members: 1, label: "one", keywords: ["one"], meanCosine: 1, minCosine: nil,
          representatives: [.init(documentID: "one", collectionID: "col_golden")], centroid: [0.5, -1, 3])
      ], metrics: ["inertia": 0.25], seed: .max, createdAt: at, completedAt: at + .seconds(2))
    let trigger: Trigger
    let task = TaskRecord(
      id: "task_golden", namespaceID: "ns_golden", kind: .cluster, status: .inProgress, triggerID: "trg_golden", scheduledAt: at,
      inputs: ["cluster_id": "clust_golden"], attempt: 1, createdAt: at, startedAt: at)
    let evaluation = Evaluation(
      id: "eval_golden", triggerID: "trg_golden", namespaceID: "ns_golden", outcome: .held, reason: "below threshold", detail: ["value": 0.125],
      scheduledAt: at, firstAt: at, lastAt: at + .seconds(3), count: 4)
    let event = DocumentEvent(
      seq: 1, namespaceID: "ns_golden", type: .documentsAdded, collectionID: "col_golden", count: 2, documentIDs: ["one", "two"], at: at)

    init() throws(Problem) {
      cluster = ClusterDefinition(
        id: "clust_golden", namespaceID: "ns_golden", name: "topics", collectionIDs: ["col_golden"],
        algorithm: try Algorithm(named: "kmeans", ["n_clusters": 2, "random_state": 7], path: "", nameAt: ""), vectorIndex: "text",
        filters: ["field": "n", "operator": "gt", "value": 0], enrichSource: true, enrichment: ["cluster_id": "topic"], textFields: ["n"],
        createdAt: at)
      var trigger = Trigger(
        id: "trg_golden", namespaceID: "ns_golden", name: "drift",
        action: try Action(type: "cluster", config: ["cluster_id": "clust_golden", "hooks": ["after": "return 1"]]),
        schedule: try Schedule(.conditional, ["condition_type": "drift", "threshold": 0.3]), createdAt: at, createdBy: "key_golden")
      trigger.nextScheduledAt = at + .seconds(3600)
      trigger.baseline = Baseline(capturedAt: at, documents: 2, vectors: 1, mean: [0.5, -1, 3], runID: "run_golden")
      trigger.state = ["seen": 2]
      trigger.fence = 3
      self.trigger = trigger
    }
  }
}
