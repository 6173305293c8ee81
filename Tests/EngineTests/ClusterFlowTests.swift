import Basics
import Engine
import Model
import Synchronization
import TestSupport
import Testing

@Suite("Clusters, from the definition to the members") struct ClusterFlowTests {
  private func run(_ fixture: Fixture, _ cluster: String) throws -> JSON {
    let task = try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
    try fixture.store.host.settle()
    let done = try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(done["status"] == "COMPLETED", "\(done.text)")
    return try fixture.store.call("get_cluster_execution", path: ["cluster_id": cluster, "run_id": task["run_id"]?.string ?? ""])
  }

  @Test("a run finds the groups, names them by their words, and scores them")
  func groups() throws {
    let fixture = try Fixture(documents: 90)
    let cluster = try fixture.cluster(3)
    #expect(try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster]) == .null)
    let run = try run(fixture, cluster)
    #expect(run["status"] == "completed" && run["num_clusters"] == 3 && run["num_points"] == 90)
    let centroids = run["centroids"]?.array ?? []
    #expect(centroids.map { $0["num_members"] } == [30, 30, 30])
    #expect(Set(centroids.compactMap { $0["keywords"]?.array?.first?.string }) == ["alpha", "beta", "gamma"])
    #expect(centroids.allSatisfy { $0["representative_ids"]?.array?.count == 3 })
    #expect(run["metrics"]?["silhouette_score"]?.double ?? 0 > 0.8)
    #expect(run["run_id"]?.string?.wholeMatch(of: /run_[a-zA-Z0-9]+/) != nil)
    #expect(try fixture.store.call("get_cluster", path: ["cluster_identifier": "topics"])["num_clusters"] == 3)
  }

  @Test("the output collection holds one document per cluster and one per member, also after the second run")
  func output() throws {
    let fixture = try Fixture(documents: 60)
    let cluster = try fixture.cluster(3)
    let definition = try fixture.store.call("get_cluster", path: ["cluster_identifier": cluster])
    let output = definition["output_collection_ids"]?.array?.first?.string ?? ""
    for _ in 0..<2 {
      _ = try run(fixture, cluster)
      func list(_ centroid: Bool) throws -> [JSON] {
        try fixture.store.call(
          "list_documents", path: ["collection_identifier": output], body: ["filters": ["is_centroid": .bool(centroid)], "limit": 1000])["results"]?
          .array ?? []
      }
      #expect(try list(true).count == 3)
      let members = try list(false)
      #expect(members.count == 60 && Set(members.compactMap { $0["source_document_id"]?.string }).count == 60)
      #expect(try fixture.store.call("count_documents", path: ["collection_identifier": output])["count"] == 63)
    }
  }

  @Test("enrichment writes the result onto the source documents, under the names asked for")
  func enrichment() throws {
    let fixture = try Fixture(documents: 30)
    let cluster = try fixture.cluster(
      3,
      extra: [
        "enrich_source_collection": true,
        "source_enrichment_config": ["field_mappings": [["source_field": "cluster_id", "target_field": "topic"]]],
      ])
    _ = try run(fixture, cluster)
    let documents = try fixture.store.call("list_documents", path: ["collection_identifier": "points"], body: ["limit": 100])["results"]?.array ?? []
    let topics = Dictionary(grouping: documents, by: { $0["kind"]?.string ?? "" }).mapValues { Set($0.compactMap { $0["topic"]?.string }) }
    #expect(topics.count == 3 && topics.values.allSatisfy { $0.count == 1 } && Set(topics.values.flatMap(\.self)).count == 3)
    #expect(documents.allSatisfy { $0["text"] != nil })
  }

  @Test("a filter narrows what is clustered; too few documents fail with a hint and leave the last result")
  func filters() throws {
    let fixture = try Fixture(documents: 60)
    let cluster = try fixture.cluster(2, extra: ["filters": ["field": "kind", "operator": "in", "value": ["alpha", "beta"]]])
    let run = try run(fixture, cluster)
    #expect(run["num_points"] == 40)
    fixture.store.clock.advance(by: .seconds(1))
    let task = try fixture.store.call("execute_cluster", path: ["cluster_id": cluster], body: ["filters": ["kind": "nowhere"]])
    try fixture.store.host.settle()
    let failed = try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(failed["status"] == "FAILED" && failed["error"]?.string?.contains("no document has a vector") == true)
    #expect(try fixture.store.call("get_cluster_groups", path: ["cluster_id": cluster])["total_groups"] == 2)
    #expect(try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster])["status"] == "failed")
  }

  @Test(
    "a run's own filters take the place of the definition's, a trigger's are merged over them and win where both speak of a field",
    arguments: [
      (["kind": "gamma"], true, 20), (["kind": "gamma"], false, 20), (["field": "text", "operator": "ends_with", "value": "5"], true, 4),
      (["field": "text", "operator": "ends_with", "value": "5"], false, 6),
    ] as [(JSON, Bool, Int64)])
  func mergedFilters(filters: JSON, byTrigger: Bool, points: Int64) throws {
    let fixture = try Fixture(documents: 60)
    let definition: JSON = ["field": "kind", "operator": "in", "value": ["alpha", "beta"]]
    let cluster = try fixture.cluster(2, extra: ["filters": definition])
    if byTrigger {
      let trigger = try fixture.trigger(
        "cron", ["cron_expression": "0 0 1 1 *"], action: ["cluster_id": .string(cluster), "filters": filters], kind: "cluster")
      try fixture.store.call("execute_trigger_now", path: ["trigger_id": trigger])
    } else {
      try fixture.store.call("execute_cluster", path: ["cluster_id": cluster], body: ["filters": filters])
    }
    try fixture.store.host.settle()
    let run = try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster])
    #expect(run["status"] == "completed" && run["num_points"] == .int(points), "\(run["error_message"] ?? .null)")
  }

  @Test("a clustering that takes its time says in its task how far it is, also when it is cancelled then; a quick one writes nothing on its way")
  func progress() throws {
    let open = Mutex<(host: Host?, heard: Int)>((nil, 0))
    // Whoever looks at this clock twice sees that a second has passed.
    let store = try TemporaryStore(clock: ManualClock(stride: .seconds(1))) { _, line in
      guard line.hasSuffix(" s"), line.contains(": clustering for ") else { return }
      let id = String(line.dropFirst(5).prefix { $0 != ":" })
      let host = open.withLock {
        $0.heard += 1
        return $0.heard == 3 ? $0.host : nil
      }
      if let host { _ = try? Operation.named("cancel_task")?.perform(host, Call(caller: .local, path: ["task_id": id])) }
    }
    let fixture = try Fixture(documents: 300, store: store)
    open.withLock { $0.host = store.host }
    defer { open.withLock { $0.host = nil } }
    let task = try store.call("execute_cluster", path: ["cluster_id": fixture.cluster(20)])
    try store.host.settle()
    let ended = try store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    let progress = ended["outputs"]?.array?.first?["progress"]
    #expect(ended["status"] == "CANCELED" && progress?["seconds"]?.double ?? 0 >= 3, "\(ended.text)")
    let quick = try TemporaryStore { _, line in if line.contains("clustering for") { open.withLock { $0.heard = -1 } } }
    let quiet = try Fixture(documents: 300, store: quick)
    _ = try run(quiet, quiet.cluster(20))
    #expect(open.withLock { $0.heard } >= 3)
  }

  @Test("the same data, seed and build give the same clusters")
  func deterministic() throws {
    let fixture = try Fixture(documents: 50)
    let cluster = try fixture.cluster(4)
    let first = try run(fixture, cluster)
    let second = try run(fixture, cluster)
    #expect(first["centroids"]?.array?.map { $0["num_members"] } == second["centroids"]?.array?.map { $0["num_members"] })
    #expect(first["metrics"]?["inertia"] == second["metrics"]?["inertia"])
  }

  @Test("deleting a cluster takes its output and retires its triggers")
  func deletion() throws {
    let fixture = try Fixture(documents: 30)
    let cluster = try fixture.cluster()
    let trigger = try fixture.trigger("interval", ["interval_seconds": 60], action: ["cluster_id": .string(cluster)], kind: "cluster")
    _ = try run(fixture, cluster)
    try fixture.store.call("delete_cluster", path: ["cluster_id": cluster])
    #expect(throws: Problem.self) { try fixture.store.call("get_cluster", path: ["cluster_identifier": cluster]) }
    #expect(try fixture.store.call("list_collections")["total_count"] == 1)
    #expect(try fixture.read(trigger)["status"] == "disabled")
  }
}

@Suite("Documents") struct DocumentFlowTests {
  private let path = ["collection_identifier": "points"]

  @Test("insert, read with vectors, change, delete; a second insert of the same id is a conflict")
  func life() throws {
    let fixture = try Fixture()
    var body = try #require(Fixture.documents(1).array?[0])
    let made = try fixture.store.call("create_document", path: path, body: body)
    #expect(made["document_id"] == "d0" && made["vectors"] == nil)
    #expect { try fixture.store.call("create_document", path: path, body: body) } throws: { ($0 as? Problem)?.kind == .conflict }
    let document = ["collection_identifier": "points", "document_id": "d0"]
    #expect(try fixture.store.call("get_document", path: document, query: ["return_vectors": true])["v"]?.array?.count == 8)
    let changed = try fixture.store.call("update_document", path: document, body: ["kind": "new", "extra": [1, 2]])
    #expect(changed["kind"] == "new" && changed["text"] != nil)
    // The vector stays when a field changes.
    #expect(try fixture.store.call("get_document", path: document, query: ["return_vectors": true])["v"] == body["vectors"]?["v"]?.floatsAsDoubles)
    try fixture.store.call("delete_document", path: document)
    #expect { try fixture.store.call("get_document", path: document) } throws: { ($0 as? Problem)?.kind == .notFound }
    #expect(try fixture.store.call("count_documents", path: path)["count"] == 0)
    body = ["vectors": ["v": [1, 2]]]
    #expect(throws: Problem.self) { try fixture.store.call("create_document", path: path, body: body) }
    #expect(try fixture.store.call("count_documents", path: path)["count"] == 0)
  }

  @Test("one wrong document refuses the whole call, and nothing is written")
  func atomicity() throws {
    let fixture = try Fixture()
    var documents = try #require(Fixture.documents(10).array)
    documents[7] = ["document_id": "bad", "vectors": ["v": [.double(1), .string("x")]]]
    #expect { try fixture.store.call("upsert_documents", path: path, body: ["documents": .array(documents)]) } throws: {
      ($0 as? Problem)?.path == "documents[7].vectors.v[1]"
    }
    #expect(try fixture.store.call("count_documents", path: path)["count"] == 0)
  }

  @Test("more than a thousand in one call is refused")
  func limit() throws {
    let fixture = try Fixture()
    #expect { try fixture.add(1001) } throws: { ($0 as? Problem)?.kind == .tooLarge }
  }

  @Test("pages by cursor give every document once, in the order of insertion")
  func cursors() throws {
    let fixture = try Fixture(documents: 95)
    var seen: [String] = []
    var cursor: JSON = .null
    repeat {
      let page = try fixture.store.call("list_documents", path: path, body: ["limit": 10, "cursor": cursor])
      seen += page["results"]?.array?.compactMap { $0["document_id"]?.string } ?? []
      cursor = page["pagination"]?["next_cursor"] ?? .null
    } while cursor != .null
    #expect(seen == (0..<95).map { "d\($0)" })
  }

  @Test("filters and sorting")
  func filters() throws {
    let fixture = try Fixture(documents: 30)
    let page = try fixture.store.call(
      "list_documents", path: path,
      body: [
        "filters": ["AND": [["kind": "beta"], ["field": "text", "operator": "contains", "value": "word1"]]],
        "sort": ["field": "text", "direction": "desc"],
      ])
    #expect(page["results"]?.array?.compactMap { $0["document_id"]?.string } == ["d19", "d16", "d13", "d10", "d1"])
    #expect(try fixture.store.call("count_documents", path: path, query: ["filters": "{\"kind\":\"beta\"}"])["count"] == 10)
  }

  @Test("two tenants never see each other")
  func tenants() throws {
    let fixture = try Fixture(documents: 3)
    try fixture.store.call("create_namespace", body: ["namespace_name": "other"])
    let other = try fixture.store.host.namespace("other", for: .local)
    let operation = try #require(Operation.named("get_collection"))
    #expect { try operation.perform(fixture.store.host, Call(caller: .local, namespace: other, path: ["collection_identifier": "points"])) } throws: {
      ($0 as? Problem)?.kind == .notFound
    }
    let stranger = Caller(name: "stranger", scopes: [.read], namespaces: [other.id])
    #expect { try fixture.store.host.namespace("default", for: stranger) } throws: { ($0 as? Problem)?.kind == .notFound }
  }
}

extension JSON {
  /// The numbers as they come back from float32.
  fileprivate var floatsAsDoubles: JSON { .array(array?.map { .double(Double(Float($0.double ?? 0))) } ?? []) }
}
