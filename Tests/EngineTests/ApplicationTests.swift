import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Taxonomies and clusterings at a collection") struct ApplicationTests {
  private static func taxonomies(_ id: String, _ extra: JSONObject = [:]) -> JSON {
    var one: JSONObject = ["taxonomy_id": .string(id)]
    one.set(extra.members)
    return ["taxonomy_applications": [.object(one)]]
  }

  private func patch(_ store: TemporaryStore, _ collection: String, _ body: JSON) throws(Problem) -> JSON {
    try store.call("update_collection", path: ["collection_identifier": collection], body: body)
  }

  /// The triggers that were made for applications, of a status.
  private func triggers(_ store: TemporaryStore, _ status: String = "active") throws(Problem) -> [JSON] {
    try store.call("list_triggers", body: ["status": .string(status), "limit": 1000])["results"]?.array ?? []
  }

  private func put(_ store: TemporaryStore, _ id: String, corner: Int, in collection: String = "points") throws {
    try store.call(
      "upsert_documents", path: ["collection_identifier": collection],
      body: ["documents": [["document_id": .string(id), "vectors": ["v": TaxonomyFixture.axis(corner)]]]])
    try store.host.settle()
  }

  @Test("a taxonomy enriches what is there at the first document that comes, then only what is new, also after a restart")
  func enriching() throws {
    let world = try TaxonomyFixture(documents: 9)
    let id = try world.flat()
    let changed = try patch(world.store, "points", Self.taxonomies("things", ["priority": 5]))
    #expect(changed["taxonomy_applications"] == [["taxonomy_id": .string(id), "priority": 5]])
    #expect(try world.document("d1")["category"] == nil, "nothing has come yet")
    try put(world.store, "new", corner: 1)
    #expect(try world.document("new")["category"] == "beta" && world.document("d2")["category"] == "gamma")
    let before = try world.document("d2")["_internal"]
    try world.store.reopen()
    try put(world.store, "newer", corner: 2)
    #expect(try world.document("newer")["category"] == "gamma" && world.document("d2")["_internal"] == before)
    let trigger = try #require(try triggers(world.store).first)
    let last = try world.store.call("get_task", path: ["task_id": trigger["last_execution_task_id"]?.string ?? ""])
    #expect(last["outputs"]?.array?.first?["processed"] == 1, "\(last.text)")
    #expect(trigger["action_type"] == "taxonomy_enrichment" && trigger["execution_count"] == 2)
  }

  @Test("a batch's documents are enriched, those that its filter lets through, into another collection when it says so")
  func batches() throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    try fixture.collection("shelves", source: ["type": "direct_upsert"])
    let vector = JSON.array((0..<64).map { .double($0 == 0 ? 1 : 0.1) })
    try fixture.store.call(
      "upsert_documents", path: ["collection_identifier": "shelves"],
      body: ["documents": [["document_id": "only", "label": "all of it", "vectors": ["text": vector]]]])
    let made = try fixture.store.call(
      "create_taxonomy",
      body: ["taxonomy_name": "shop", "config": ["taxonomy_type": "flat", "source_collection": ["collection_id": "shelves"]]])
    let id = made["taxonomy_id"]?.string ?? ""
    try fixture.collection("found", source: ["type": "direct_upsert"])
    _ = try patch(
      fixture.store, "topics", Self.taxonomies(id, ["scroll_filters": ["year": 2001], "target_collection_id": "found", "execution_phase": 2]))
    _ = try fixture.upload(3)
    try fixture.run(try fixture.batch())
    #expect(try fixture.documents("found").map { $0["year"] } == [2001])
    #expect(try fixture.documents().allSatisfy { $0["label"] == nil })
  }

  @Test("are shown with the collection and in both lists; what stays keeps its trigger, what goes retires it")
  func keeping() throws {
    let world = try TaxonomyFixture(documents: 3)
    let id = try world.flat()
    _ = try patch(world.store, "points", Self.taxonomies(id))
    let first = try #require(try triggers(world.store).first?["trigger_id"]?.string)
    func shown(_ answer: JSON) -> JSON? { answer["results"]?.array?.first { $0["collection_name"] == "points" }?["taxonomy_applications"] }
    let expected: JSON = [["taxonomy_id": .string(id)]]
    #expect(try world.store.call("get_collection", path: ["collection_identifier": "points"])["taxonomy_applications"] == expected)
    #expect(try shown(world.store.call("list_collections")) == expected)
    #expect(try shown(world.store.call("list_collections_get", query: ["limit": 5])) == expected)
    #expect(try world.store.call("list_collections")["results"]?.array?.filter { $0["taxonomy_applications"] != nil }.count == 1)
    // The same again, and a change of something else.
    _ = try patch(world.store, "points", Self.taxonomies("things"))
    _ = try patch(world.store, "points", ["description": "of points"])
    #expect(try triggers(world.store).map { $0["trigger_id"]?.string } == [first])
    _ = try patch(world.store, "points", Self.taxonomies(id, ["priority": 900]))
    let second = try #require(try triggers(world.store).first?["trigger_id"]?.string)
    #expect(try second != first && world.fixture.read(first)["status"] == "disabled" && triggers(world.store).count == 1)
    _ = try patch(world.store, "points", ["taxonomy_applications": []])
    #expect(try triggers(world.store).isEmpty && world.fixture.read(second)["status"] == "disabled")
    try put(world.store, "new", corner: 1)
    #expect(try world.document("new")["category"] == nil)
  }

  @Test("go with their collection, and are shown no more when their taxonomy or cluster is gone")
  func removal() throws {
    let world = try TaxonomyFixture(documents: 9)
    let id = try world.flat()
    let cluster = try world.fixture.cluster()
    try world.store.call(
      "create_collection",
      body: [
        "collection_name": "others", "taxonomy_applications": [["taxonomy_id": .string(id)]], "cluster_applications": [["cluster_id": "topics"]],
      ])
    _ = try patch(world.store, "points", Self.taxonomies(id))
    #expect(try triggers(world.store).count == 3)
    try world.store.call("delete_cluster", path: ["cluster_id": cluster])
    let others = try world.store.call("get_collection", path: ["collection_identifier": "others"])
    #expect(others["cluster_applications"] == [] && others["taxonomy_applications"]?.array?.count == 1 && others["trigger_id"] == .null)
    #expect(try triggers(world.store).count == 2)
    try world.store.call("delete_collection", path: ["collection_identifier": "others"])
    #expect(try triggers(world.store).count == 1)
    try world.store.call("delete_taxonomy", path: ["taxonomy_identifier": id])
    #expect(try triggers(world.store).isEmpty)
    #expect(try world.store.call("get_collection", path: ["collection_identifier": "points"])["taxonomy_applications"] == [])
  }

  static let clusterings: [(JSONObject, runs: Int)] = [
    ([:], 1), (["min_document_threshold": 6], 1), (["min_document_threshold": 7], 0), (["auto_execute_on_batch": false], 0),
    (["cooldown_seconds": 0], 2),
  ]

  @Test("a clustering runs when a batch has ended, over enough documents, not sooner than its cooldown allows", arguments: clusterings)
  func clustering(extra: JSONObject, runs: Int) throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    let cluster =
      try fixture.store.call(
        "create_cluster",
        body: [
          "collection_ids": ["topics"], "cluster_name": "groups",
          "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]],
        ])["cluster_id"]?.string ?? ""
    var application: JSONObject = ["cluster_id": "groups"]
    application.set(extra.members)
    let changed = try patch(fixture.store, "topics", ["cluster_applications": [.object(application)]])
    #expect(changed["cluster_applications"]?.array?.first?["cluster_id"]?.string == cluster)
    let ids = try fixture.upload(6)
    try fixture.run(try fixture.batch())
    try fixture.run(try fixture.batch([ids[0]]))
    let list = try fixture.store.call("list_cluster_executions", path: ["cluster_id": cluster])
    #expect(list["total_count"] == .int(runs) && list["results"]?.array?.allSatisfy { $0["status"] == "completed" } == true, "\(list.text)")
  }

  @Test("a cluster that is made to run after batches is an application of each of its collections")
  func automatic() throws {
    let fixture = try BucketFixture()
    for name in ["topics", "more"] { try fixture.collection(name) }
    let body: JSON = [
      "collection_ids": ["topics", "more"], "cluster_name": "both", "auto_execute_on_batch": true, "auto_execute_min_documents": 2,
      "auto_execute_cooldown_seconds": 60, "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]],
    ]
    let id = try fixture.store.call("create_cluster", body: body)["cluster_id"]?.string ?? ""
    for name in ["topics", "more"] {
      let collection = try fixture.store.call("get_collection", path: ["collection_identifier": name])
      #expect(
        collection["cluster_applications"] == [
          ["cluster_id": .string(id), "auto_execute_on_batch": true, "cooldown_seconds": 60, "min_document_threshold": 2]
        ])
    }
    #expect(try triggers(fixture.store).count == 2)
  }

  static let mistakes: [(JSON, path: String, kind: Problem.Kind, near: String?)] = [
    (["taxonomy_applications": 5], "taxonomy_applications", .invalid, nil),
    (["taxonomy_applications": ["things"]], "taxonomy_applications[0]", .invalid, nil),
    (["taxonomy_applications": [[:]]], "taxonomy_applications[0].taxonomy_id", .invalid, nil),
    (["taxonomy_applications": [["taxonomy_id": "thinks"]]], "taxonomy_applications[0].taxonomy_id", .notFound, "things"),
    (
      ["taxonomy_applications": [["taxonomy_id": "things"], ["taxonomy_id": "things"]]], "taxonomy_applications[1].taxonomy_id", .invalid, nil
    ),
    (
      ["taxonomy_applications": [["taxonomy_id": "things", "execution_mode": "on_demand"]]], "taxonomy_applications[0].execution_mode", .invalid, nil
    ),
    (["taxonomy_applications": [["taxonomy_id": "things", "execution_phase": 4]]], "taxonomy_applications[0].execution_phase", .invalid, nil),
    (["taxonomy_applications": [["taxonomy_id": "things", "priority": "high"]]], "taxonomy_applications[0].priority", .invalid, nil),
    (
      ["taxonomy_applications": [["taxonomy_id": "things", "scrol_filters": [:]]]], "taxonomy_applications[0].scrol_filters", .invalid,
      "scroll_filters"
    ),
    (
      ["taxonomy_applications": [["taxonomy_id": "things", "scroll_filters": ["OR": 3]]]], "taxonomy_applications[0].scroll_filters.OR", .invalid, nil
    ),
    (
      ["taxonomy_applications": [["taxonomy_id": "things", "target_collection_id": "poinst"]]], "taxonomy_applications[0].target_collection_id",
      .notFound, "points"
    ),
    (["cluster_applications": [["cluster_id": "topisc"]]], "cluster_applications[0].cluster_id", .notFound, "topics"),
    (["cluster_applications": [["cluster_id": "topics", "cooldown_seconds": -1]]], "cluster_applications[0].cooldown_seconds", .invalid, nil),
    (
      ["cluster_applications": [["cluster_id": "topics", "auto_execute_on_batch": "yes"]]], "cluster_applications[0].auto_execute_on_batch", .invalid,
      nil
    ),
  ]

  @Test("what is wrong is named with its place, and changes nothing", arguments: mistakes)
  func refusing(body: JSON, path: String, kind: Problem.Kind, near: String?) throws {
    let world = try TaxonomyFixture(documents: 3)
    let id = try world.flat()
    _ = try world.fixture.cluster()
    _ = try patch(world.store, "points", Self.taxonomies(id))
    let (before, running) = (try world.store.call("get_collection", path: ["collection_identifier": "points"]), try triggers(world.store))
    func check(_ problem: any Error) -> Bool {
      guard let problem = problem as? Problem else { return false }
      return problem.path == path && problem.kind == kind && problem.didYouMean == near
    }
    #expect { try patch(world.store, "points", body) } throws: { check($0) }
    var creation: JSONObject = ["collection_name": "fresh", "description": "not made"]
    creation.set(body.object?.members ?? [])
    #expect { try world.store.call("create_collection", body: .object(creation)) } throws: { check($0) }
    #expect(try world.store.call("get_collection", path: ["collection_identifier": "points"]) == before)
    #expect(try triggers(world.store) == running)
    #expect(throws: Problem.self) { try world.store.call("get_collection", path: ["collection_identifier": "fresh"]) }
  }
}
