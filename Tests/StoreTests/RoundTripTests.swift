import Basics
import Model
import Testing

@testable import Store

@Suite("What is kept comes back") struct RoundTripTests {
  /// Random values of everything that the store keeps; texts with quotes, NUL, emoji and nothing in them.
  private struct Maker {
    var random: SeededRandom
    private var serial = 0

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func id(_ prefix: String) -> String {
      serial += 1
      return "\(prefix)_\(serial)"
    }
    mutating func chance() -> Bool { random.next() % 2 == 0 }
    mutating func maybe<T>(_ make: (inout Maker) -> T) -> T? { chance() ? make(&self) : nil }
    mutating func int() -> Int64 { [0, 1, -1, Int64(bitPattern: random.next()), .max, .min][Int(random.next() % 6)] }
    mutating func count() -> Int64 { Int64(random.next() % 1_000_000) }
    mutating func instant() -> Instant { Instant(milliseconds: Int64(random.next() % 4_000_000_000_000)) }
    mutating func text() -> String { ["", "word", "O'Neil; \"x\"", "naïve \u{1F600}", "a\0b", "line\nbreak", "$1 %_"][Int(random.next() % 7)] }
    mutating func texts() -> [String] { (0..<random.next() % 3).map { _ in text() } }
    mutating func vector() -> [Float] { (0..<4).map { _ in Float(Int64(random.next() % 2001) - 1000) / 7 } }
    mutating func json(_ depth: Int = 0) -> JSON {
      switch random.next() % (depth < 2 ? 7 : 5) {
      case 0: .null
      case 1: .bool(chance())
      case 2: .int(int())
      case 3: .double(Double(Int64(random.next() % 2001) - 1000) / 3)
      case 4: .string(text())
      case 5: .array((0..<random.next() % 3).map { _ in json(depth + 1) })
      default: .object(object(depth + 1))
      }
    }
    mutating func object(_ depth: Int = 0) -> JSONObject {
      JSONObject(members: (0..<random.next() % 4).map { .init(key: "k\($0)", value: json(depth)) })
    }
    mutating func one<T>(of items: [T]) -> T { items[Int(random.next() % UInt64(items.count))] }
  }

  @Test("whatever is in it", arguments: 1...5 as ClosedRange<UInt64>)
  func everything(seed: UInt64) throws {
    var make = Maker(seed: seed)
    let store = try TemporaryStore()
    var expected: [(what: String, matches: (Reader) throws(Problem) -> Bool)] = []
    func keep(_ what: String, _ matches: @escaping (Reader) throws -> Bool) {
      // '&&' forgets which error its right side throws.
      expected.append(
        (
          what,
          { reader throws(Problem) in
            do { return try matches(reader) } catch { throw error as? Problem ?? Problem(.internal, "\(error)") }
          }
        ))
    }
    var transaction = Transaction()

    let indexes = [VectorIndex(name: "b", dimensions: 4, metric: .dot), VectorIndex(name: "a", dimensions: 4, metric: .euclidean)]
    let namespace = Namespace(
      id: make.id("ns"), name: "name", description: make.maybe { $0.text() }, vectorIndexes: indexes, createdAt: make.instant(),
      updatedAt: make.instant())
    transaction.insert(namespace)
    keep("namespace") { reader in try reader.namespace(namespace.id) == namespace && reader.namespace("name") == namespace }
    var renamed = namespace
    let ns = namespace.id

    let key = APIKey(
      id: make.id("key"), name: make.text(), prefix: "sk_12345", hash: SHA256.hex("secret"), scopes: [.write, .admin], namespaces: make.texts(),
      createdAt: make.instant(), expiresAt: make.maybe { $0.instant() }, revokedAt: make.maybe { $0.instant() })
    transaction.insert(key)
    keep("key") { reader in try reader.key(hash: key.hash) == key && reader.keys() == [key] && reader.key(hash: "other") == nil }

    for _ in 0..<3 {
      let collection = Collection(
        id: make.id("col"), namespaceID: ns, name: make.id("words"), description: make.maybe { $0.text() }, vectorIndexes: indexes,
        metadata: make.object(), source: make.json(), extractor: make.json(), createdAt: make.instant(), updatedAt: make.instant())
      transaction.insert(collection)
      keep("collection") { reader in
        try reader.collection(collection.id, in: ns) == collection && reader.collection(collection.name, in: ns) == collection
          && reader.collection(collection.id, in: "ns_other") == nil
      }
      for _ in 0..<4 {
        var vectors: [String: [Float]] = [:]
        for index in indexes where make.chance() { vectors[index.name] = make.vector() }
        let document = Document(
          id: make.id("doc"), collectionID: collection.id, fields: make.object(), vectors: vectors, createdAt: make.instant(),
          updatedAt: make.instant())
        transaction.insert(document, in: ns, position: Int64(expected.count) + 1)
        keep("document") { reader in
          try reader.document(document.id, in: ns) == document
            && reader.document(document.id, collectionID: collection.id, in: ns) == document
            && reader.document(document.id, collectionID: collection.id, in: "ns_other") == nil
        }
      }
    }

    for _ in 0..<3 {
      let algorithm = try Algorithm(
        named: "kmeans",
        ["n_clusters": .int(2 + make.count() % 99), "tol": 0.25, "random_state": .int(make.count()), "spherical": .bool(make.chance())],
        path: "p", nameAt: "n")
      var cluster = ClusterDefinition(
        id: make.id("clust"), namespaceID: ns, name: make.id("topics"), description: make.maybe { $0.text() }, collectionIDs: make.texts(),
        algorithm: algorithm, vectorIndex: make.maybe { $0.text() }, normalize: make.chance(), filters: make.json(), enrichSource: make.chance(),
        enrichment: make.chance() ? ["cluster_id": "topic", "keywords": make.text()] : [:], outputCollectionIDs: make.texts(),
        textFields: make.maybe { $0.texts() }, metadata: make.object(), vectorConfig: make.object(), createdAt: make.instant())
      cluster.lastRunID = make.maybe { $0.text() }
      cluster.lastTaskID = make.maybe { $0.text() }
      transaction.insert(cluster)
      let kept = cluster
      keep("cluster") { reader in try reader.cluster(kept.id, in: ns) == kept && reader.cluster(kept.name, in: ns) == kept }
      let groups = (0..<3).map { number in
        ClusterRun.Group(
          id: "cl_\(number)", members: Int(make.count()), label: make.text(), keywords: make.texts(), meanCosine: make.maybe { _ in 0.125 },
          minCosine: make.maybe { _ in -0.5 }, representatives: [.init(documentID: make.text(), collectionID: "col_1")],
          centroid: make.chance() ? make.vector() : [])
      }
      let run = ClusterRun(
        id: make.id("run"), clusterID: kept.id, namespaceID: ns, taskID: make.text(), status: make.one(of: ClusterRun.Status.allCases),
        points: Int(make.count()), sourceDocuments: Int(make.count()), groups: groups, metrics: make.object(), seed: make.random.next(),
        error: make.maybe { $0.text() }, createdAt: make.instant(), completedAt: make.maybe { $0.instant() })
      transaction.insert(run)
      keep("run") { reader in
        try reader.run(run.id, in: ns) == run && reader.latestRun(of: kept.id) == run && reader.latestRun(of: kept.id, status: run.status) == run
      }
    }

    for schedule in try Self.schedules() {
      for action in try Self.actions() {
        var trigger = Trigger(
          id: make.id("trg"), namespaceID: ns, name: make.maybe { $0.text() }, description: make.maybe { $0.text() }, action: action,
          schedule: schedule, status: make.one(of: Trigger.Status.allCases), createdAt: make.instant(), createdBy: make.maybe { $0.text() })
        trigger.lastTriggeredAt = make.maybe { $0.instant() }
        trigger.lastExecutionTaskID = make.maybe { $0.text() }
        trigger.nextScheduledAt = make.maybe { $0.instant() }
        trigger.executionCount = make.count()
        trigger.consecutiveFailures = make.count()
        trigger.lastExecutionStatus = make.maybe { $0.text() }
        trigger.lastExecutionError = make.maybe { $0.text() }
        trigger.eventCounter = make.count()
        trigger.eventCursor = make.count()
        trigger.lastCooldownAt = make.maybe { $0.instant() }
        trigger.lastConditionCheckAt = make.maybe { $0.instant() }
        trigger.baseline = make.maybe {
          Baseline(
            capturedAt: $0.instant(), documents: $0.count(), vectors: $0.count(), mean: $0.chance() ? $0.vector() : [], runID: $0.maybe { $0.text() })
        }
        trigger.lastDriftMeasurement = make.object()
        trigger.lastVolumeMeasurement = make.object()
        trigger.armed = make.chance()
        trigger.state = make.object()
        trigger.fence = make.count()
        trigger.updatedAt = make.instant()
        transaction.insert(trigger)
        let kept = trigger
        keep("trigger") { reader in
          try reader.trigger(kept.id) == kept && reader.trigger(kept.id, in: ns) == kept && reader.trigger(kept.id, in: "ns_other") == nil
        }
      }
    }

    for status in TaskRecord.Status.allCases {
      let task = TaskRecord(
        id: make.id("task"), namespaceID: ns, kind: make.one(of: TaskRecord.Kind.allCases), status: status, triggerID: make.maybe { $0.id("trg") },
        scheduledAt: make.maybe { $0.instant() }, inputs: make.object(), outputs: make.object(), error: make.maybe { $0.text() },
        attempt: make.count(), createdAt: make.instant(), startedAt: make.maybe { $0.instant() }, finishedAt: make.maybe { $0.instant() })
      transaction.insert(task)
      keep("task") { reader in try reader.task(task.id) == task && reader.task(task.id, in: "ns_other") == nil }
      let evaluation = Evaluation(
        id: make.id("eval"), triggerID: make.id("trg"), namespaceID: ns, outcome: make.one(of: Evaluation.Outcome.allCases), reason: make.text(),
        detail: make.object(), taskID: make.maybe { $0.text() }, scheduledAt: make.maybe { $0.instant() }, firstAt: make.instant(),
        lastAt: make.instant(), count: make.count())
      transaction.insert(evaluation)
      keep("evaluation") { reader in try reader.lastEvaluation(evaluation.triggerID) == evaluation }
      let event = DocumentEvent(
        seq: Int64(expected.count), namespaceID: ns, type: make.one(of: Schedule.EventType.allCases), collectionID: make.text(), count: make.count(),
        documentIDs: make.texts(), at: make.instant())
      transaction.append(event)
      keep("event") { reader in try reader.events(in: ns, since: event.seq - 1, limit: 1) == [event] }
      let (name, value) = (make.id("key"), make.json())
      transaction.setValue(name, to: value, in: ns)
      keep("value") { reader in try reader.value(name, in: ns, at: Instant(milliseconds: .max)) == value }
    }

    try #require(store.ledger.commit(transaction).isCommitted)
    try store.read { reader throws(Problem) in
      for (what, matches) in expected { #expect(try matches(reader), "\(what) came back different") }
      #expect(try reader.integrityCheck() == [])
    }

    // And nothing of a namespace is left when it goes.
    renamed.name = "renamed"
    try store.commit { $0.update(renamed) }
    #expect(try store.read { reader throws(Problem) in try reader.namespace("renamed") } == renamed)
    try store.commit { $0.deleteNamespace(ns) }
    let connection = try Connection(path: store.path, .read)
    let tables = try connection.rows(composed: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", []) { $0.text() }
    for table in tables where table != "schema_migrations" && table != "api_keys" {
      #expect(try connection.number(composed: "SELECT count(*) FROM \(table)") == 0, "\(table) still has rows")
    }
  }

  private static func schedules() throws(Problem) -> [Schedule] {
    [
      try Schedule(.cron, ["cron_expression": "0 2 * * *", "timezone": "Europe/Berlin", "dst_gap": "skip", "dst_fold": "both", "catch_up": "all"]),
      try Schedule(.interval, ["interval_seconds": 90, "start_immediately": true, "anchor": "fixed_delay", "overlap": "allow"]),
      try Schedule(
        .event,
        [
          "event_type": "documents_deleted", "event_threshold": 100, "collection_id": "col_1", "cooldown_seconds": 60,
          "filter": "return function(e) return true end",
        ]
      ),
      try Schedule(
        .conditional, ["condition_type": "drift", "metric": "centroid_shift", "operator": "lte", "threshold": 0.3, "vector_index": "text"]),
      try Schedule(
        .conditional, ["condition_type": "script", "script": ["source": "return function(ctx) return false end"], "predicate": "return 1"]),
      try Schedule(
        .conditional, ["condition_type": "staleness", "threshold": 3600, "capture_baseline_on_create": false, "max_consecutive_failures": 2]),
    ]
  }

  private static func actions() throws(Problem) -> [Action] {
    [
      try Action(type: "cluster", config: ["cluster_id": "clust_1", "hooks": ["before": "return 1", "on_failure": ["source": "return 2"]]]),
      try Action(type: "script", config: ["script": ["source": "return function(ctx) end"]]),
      try Action(type: "batch_rerun", config: ["collection_id": "col_1"]),
    ]
  }
}
