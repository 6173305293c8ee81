import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Clusters: every algorithm and mode") struct ClusterModesTests {
  private func execute(_ fixture: Fixture, _ cluster: String, _ body: JSON = [:], expecting status: String = "COMPLETED") throws -> JSON {
    fixture.store.clock.advance(by: .seconds(1))
    let task = try fixture.store.call("execute_cluster", path: ["cluster_id": cluster], body: body)
    try fixture.store.host.settle()
    let done = try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(done["status"]?.string == status, "\(done.text)")
    return try fixture.store.call("get_cluster_execution", path: ["cluster_id": cluster, "run_id": task["run_id"]?.string ?? ""])
  }

  private func define(_ fixture: Fixture, _ config: JSON, name: String = "topics", extra: JSONObject = [:]) throws -> String {
    var body: JSONObject = [
      "collection_ids": ["points"], "cluster_name": .string(name), "vector_config": config, "metadata": ["text_fields": ["text"]],
    ]
    for member in extra.members { body[member.key] = member.value }
    return try fixture.store.call("create_cluster", body: .object(body))["cluster_id"]?.string ?? ""
  }

  private func groups(_ run: JSON) -> [String: String] {
    Dictionary(uniqueKeysWithValues: (run["centroids"]?.array ?? []).map { ($0["cluster_id"]?.string ?? "", $0["label"]?.string ?? "") })
  }

  /// Each algorithm with parameters under which it finds the corners.
  static let methods =
    [
      ("kmeans", ["n_clusters": 3]), ("kmeans", ["n_clusters": 8, "choose_n_clusters": "silhouette"]),
      ("kmeans", ["n_clusters": 3, "algorithm": "mini_batch"]), ("hdbscan", ["min_cluster_size": 5]), ("dbscan", ["eps": 3, "min_samples": 4]),
      ("optics", ["min_samples": 5, "cluster_method": "dbscan", "eps": 3]), ("agglomerative", ["n_clusters": 3, "linkage": "average"]),
      ("agglomerative", ["linkage": "single", "distance_threshold": 5]), ("gaussian_mixture", ["n_components": 3, "covariance_type": "diag"]),
      ("mean_shift", ["bandwidth": 4]), ("spectral", ["n_clusters": 3, "gamma": 0.05]), ("auto", [:]),
    ] as [(String, JSON)]

  /// A run of 90 documents around three corners, wherever it came from.
  private func expectCorners(_ run: JSON, _ name: String) {
    #expect(run["status"] == "completed" && run["num_clusters"] == 3 && run["num_points"] == 90, "\(run.text.prefix(600))")
    #expect(run["metrics"]?["silhouette_score"]?.double ?? 0 > 0.8 && run["metrics"]?["noise_ratio"]?.double == 0)
    #expect(name == "auto" ? run["reason"]?.string?.isEmpty == false : run["algorithm"]?.string == name)
  }

  private func expectMap(_ fixture: Fixture, _ cluster: String, _ run: JSON) throws {
    let map = try fixture.store.call(
      "get_cluster_visualization", path: ["cluster_id": cluster], query: ["run_id": .string(run["run_id"]?.string ?? "")])
    #expect(map["points"]?.array?.count == 90 && map["centroids"]?.array?.count == 3)
  }

  @Test("each algorithm is reached by a trigger with a definition or with its own configuration, and by a script", arguments: methods)
  func ways(name: String, parameters: JSON) throws {
    let fixture = try Fixture(documents: 90)
    let cluster = try define(fixture, ["clustering_method": .string(name), "algorithm_params": parameters])
    func latest(_ cluster: String) throws -> JSON { try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster]) }
    func fire(_ trigger: String) throws {
      try fixture.store.call("execute_trigger_now", path: ["trigger_id": .init(trigger)])
      try fixture.store.host.settle()
    }
    try fire(fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"], action: ["cluster_id": .string(cluster)], kind: "cluster"))
    let triggered = try latest(cluster)
    expectCorners(triggered, name)
    try expectMap(fixture, cluster, triggered)

    var configuration = parameters.object ?? [:]
    // The variant of k-means goes by the name under which this form has the algorithm itself.
    if configuration["algorithm"] == nil {
      configuration["algorithm"] = .string(name)
      let own = try fixture.store.call(
        "create_cluster_trigger",
        body: [
          "execution_config": ["collection_ids": ["points"], "config": .object(configuration)], "trigger_type": "cron",
          "schedule_config": ["cron_expression": "0 0 1 1 *"],
        ])
      try fire(own["trigger_id"]?.string ?? "")
      expectCorners(try latest(own["cluster_id"]?.string ?? ""), name)
    }

    let source = """
      local made = perigee.clusters.create{collection_ids = {"points"}, cluster_name = "by_script",
        vector_config = {clustering_method = "\(name)", algorithm_params = perigee.json.decode('\(parameters.text)')}}
      local task = perigee.tasks.wait(perigee.clusters.execute(made.cluster_id).task_id)
      local run = perigee.clusters.latest(made.cluster_id)
      assert(task.status == "COMPLETED" and run.metrics.silhouette_score > 0.8 and #perigee.clusters.groups(made.cluster_id) == 3)
      perigee.kv.set("made", made.cluster_id)
      """
    try fixture.store.call("run_source", body: ["kind": "batch", "source": .string(source)])
    let made = try #require(fixture.store.call("get_kv", path: ["key": "made"])["value"]?.string)
    let run = try latest(made)
    expectCorners(run, name)
    try expectMap(fixture, made, run)
  }

  @Test("a definition of each algorithm runs, keeps its scores and its map, and says what ran", arguments: methods)
  func algorithms(name: String, parameters: JSON) throws {
    let fixture = try Fixture(documents: 90)
    let cluster = try define(fixture, ["clustering_method": .string(name), "algorithm_params": parameters])
    let run = try execute(fixture, cluster)
    expectCorners(run, name)
    #expect((run["centroids"]?.array ?? []).allSatisfy { $0["num_members"] == 30 })
    #expect(Set(groups(run).values.compactMap { $0.split(separator: ",").first.map(String.init) }) == ["alpha", "beta", "gamma"])
    #expect(run["metrics"]?["degenerate"] == false && run["mode"] == "full")
    let map = try fixture.store.call("get_cluster_visualization", path: ["cluster_id": cluster], query: ["max_points": 45])
    #expect(map["total_points"] == 90 && map["points"]?.array?.count == 45 && map["centroids"]?.array?.count == 3)
    #expect(map["points"]?.array?.allSatisfy { $0["x"]?.double != nil && $0["y"]?.double != nil && $0["z"] == nil } == true)
    let compact = try fixture.store.call(
      "get_cluster_visualization", path: ["cluster_id": cluster], query: ["compact": true, "run_id": run["run_id"] ?? .null])
    #expect(compact["columns"]?["x"]?.array?.count == 90 && compact["points"] == nil)
  }

  @Test("groups keep their numbers and names from run to run; what is new, gone or divided is told")
  func stable() throws {
    let fixture = try Fixture(documents: 60, groups: 2)
    let cluster = try define(fixture, ["clustering_method": "hdbscan", "hdbscan_parameters": ["min_cluster_size": 8], "vis_n_components": 3])
    let first = try execute(fixture, cluster)
    let names = groups(first)
    #expect(names.count == 2 && first["changes"] == nil && first["layout_stability_applied"] == "none")
    let alpha = names.first { $0.value.hasPrefix("alpha") }?.key ?? ""
    try fixture.store.call(
      "patch_cluster_execution_labels", path: ["cluster_id": cluster, "run_id": first["run_id"]?.string ?? ""],
      body: ["labels": [alpha: "first corner"]])
    // The same again, with a third corner that is larger than the others.
    try fixture.add(40, from: 60, corner: 2)
    let second = try execute(fixture, cluster)
    var expected = names
    expected[alpha] = "first corner"
    let later = groups(second)
    #expect(later.count == 3 && later.filter { names[$0.key] != nil } == expected, "\(later)")
    let born = later.keys.first { names[$0] == nil }
    #expect(born == "cl_2" && second["changes"]?["births"]?.array?.compactMap(\.string) == ["cl_2"])
    #expect(second["metrics"]?["label_churn"]?.double == 0 && second["metrics"]?["ari"]?.double == 1)
    #expect(second["layout_stability_applied"] == "aligned" && second["layout_stability_reason"]?.string?.hasPrefix("60 documents") == true)
    // The first corner goes; its number is given to nobody else, also when another comes.
    for number in stride(from: 0, to: 60, by: 2) {
      try fixture.store.call("delete_document", path: ["collection_identifier": "points", "document_id": .init("d\(number)")])
    }
    let third = try execute(fixture, cluster)
    #expect(Set(groups(third).keys) == Set(later.keys).subtracting([alpha]) && third["changes"]?["deaths"]?.array?.compactMap(\.string) == [alpha])
    try fixture.add(30, from: 200, corner: 3)
    #expect(groups(try execute(fixture, cluster)).keys.contains("cl_3"))
    // Noise is no group, and its documents say so.
    try fixture.store.call(
      "upsert_documents", path: ["collection_identifier": "points"],
      body: ["documents": [["document_id": "far", "text": "far away", "vectors": ["v": .array((0..<8).map { .double($0 == 7 ? 500 : 0) })]]]])
    let noisy = try execute(fixture, cluster)
    #expect(noisy["metrics"]?["noise_ratio"]?.double ?? 0 > 0 && noisy["num_clusters"] == 3)
    let output = try fixture.store.call("get_cluster", path: ["cluster_identifier": cluster])["output_collection_ids"]?.array?.first?.string ?? ""
    let lost = try fixture.store.call(
      "list_documents", path: ["collection_identifier": output], body: ["filters": ["source_document_id": "far"]])["results"]?.array?.first
    #expect(lost?["cluster_id"] == "cl_cluster_noise" && lost?["cluster_label"] == "Noise" && lost?["z"]?.double != nil)
  }

  @Test("new documents are assigned to the groups there are, or to none below the threshold")
  func assign() throws {
    let fixture = try Fixture(documents: 60)
    let cluster = try define(fixture, ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 3]])
    #expect { try fixture.store.call("execute_cluster", path: ["cluster_id": cluster], body: ["mode": "assign"]) } throws: {
      ($0 as? Problem)?.path == "mode"
    }
    let first = try execute(fixture, cluster)
    try fixture.add(20, from: 100, corner: 0)
    try fixture.add(10, from: 200, corner: 3)
    let second = try execute(fixture, cluster, ["mode": "assign", "assignment_threshold": 0.9])
    #expect(
      groups(second) == groups(first) && second["mode"] == "assign" && second["assigned_from"] == first["run_id"] && second["new_documents"] == 30)
    #expect((second["centroids"]?.array ?? []).compactMap { $0["num_members"]?.int }.sorted() == [20, 20, 40])
    #expect(abs((second["metrics"]?["noise_ratio"]?.double ?? 0) - 10.0 / 90) < 1e-9)
    let all = try execute(fixture, cluster, ["mode": "assign", "assignment_threshold": 0])
    #expect(all["metrics"]?["noise_ratio"]?.double == 0)
  }

  @Test("groups of several runs are put together where they are the same")
  func composite() throws {
    let fixture = try Fixture(documents: 90)
    let whole = try define(fixture, ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 3]], name: "whole")
    let part = try define(
      fixture, ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]], name: "part",
      extra: ["filters": ["field": "kind", "operator": "in", "value": ["alpha", "beta"]]])
    let runs = [try execute(fixture, whole), try execute(fixture, part)].map { $0["run_id"] ?? .null }
    let both = try define(fixture, ["clustering_method": "agglomerative", "algorithm_params": ["distance_threshold": 3]], name: "both")
    #expect {
      try fixture.store.call("execute_cluster", path: ["cluster_id": both], body: ["mode": "composite", "source_execution_ids": [runs[0]]])
    } throws: {
      ($0 as? Problem)?.path == "source_execution_ids"
    }
    let run = try execute(fixture, both, ["mode": "composite", "source_execution_ids": .array(runs)])
    #expect(run["num_clusters"] == 3 && run["num_points"] == 5)
    let sizes = run["composite_mapping"]?.object?.members.map { $0.value.array?.count ?? 0 }.sorted()
    #expect(sizes == [1, 2, 2])
    #expect((run["centroids"]?.array ?? []).compactMap { $0["num_members"]?.int }.sorted() == [30, 60, 60])
  }

  @Test("documents are grouped by their fields, also one within the other, and keep their numbers")
  func attributes() throws {
    let fixture = try Fixture(documents: 30)
    func define(_ attributes: JSON, _ name: String, hierarchical: Bool = false) throws -> String {
      try fixture.store.call(
        "create_cluster",
        body: [
          "collection_ids": ["points"], "cluster_name": .string(name), "cluster_type": "attribute",
          "attribute_config": ["attributes": attributes, "hierarchical_grouping": .bool(hierarchical)],
        ])["cluster_id"]?.string ?? ""
    }
    let cluster = try define(["kind"], "kinds")
    let run = try execute(fixture, cluster)
    #expect(Set(groups(run).values) == ["alpha", "beta", "gamma"] && run["algorithm"] == "attribute_based")
    try fixture.store.call(
      "update_document", path: ["collection_identifier": "points", "document_id": "d0"], body: ["kind": "aardvark", "size": 3])
    let second = try execute(fixture, cluster)
    #expect(groups(second).filter { $0.value != "aardvark" } == groups(run) && groups(second)["cl_3"] == "aardvark")
    let nested = try define(["kind", "size"], "nested", hierarchical: true)
    let deep = try execute(fixture, nested)
    #expect(Set(groups(deep).values) == ["aardvark", "aardvark / 3"] && deep["hierarchy_relationships"]?.array?.count == 1)
    #expect(abs((deep["metrics"]?["noise_ratio"]?.double ?? 0) - 29.0 / 30) < 1e-9)
    #expect(try execute(fixture, cluster, expecting: "COMPLETED")["status"] == "completed")
    #expect {
      try fixture.store.call(
        "execute_cluster", path: ["cluster_id": cluster], body: ["mode": "composite", "source_execution_ids": ["run_a", "run_b"]])
    } throws: {
      $0 is Problem
    }
  }

  @Test("vectors are prepared and sampled as the definition says, and a trigger and a script run them, too")
  func options() throws {
    let fixture = try Fixture(documents: 90)
    let cluster = try define(
      fixture,
      [
        "clustering_method": "hdbscan", "hdbscan_parameters": ["min_cluster_size": 8], "sample_size": 60,
        "preprocessing_steps": [["method": "pca", "n_components": 3], ["method": "whitening"]], "vis_method": "umap",
      ])
    let run = try execute(fixture, cluster)
    #expect(run["num_clusters"] == 3 && run["sample_size"] == 60 && (run["centroids"]?.array ?? []).allSatisfy { $0["num_members"] == 30 })
    let trigger = try fixture.trigger("interval", ["interval_seconds": 60], action: ["cluster_id": .string(cluster)], kind: "cluster")
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.history(trigger).map { $0["status"] } == ["COMPLETED"])
    let again = try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster])
    #expect(groups(again) == groups(run) && again["layout_stability_applied"] == "aligned")
  }

  @Test("what needs more memory than is allowed is refused before it begins, and says what would do")
  func memory() throws {
    var configuration = Algorithm.AgglomerativeParameters()
    configuration.linkage = .ward
    let clusterer = Clusterer(.agglomerative(configuration), threads: 1, memoryLimit: 1 << 10)
    let matrix = try Fixture.matrix(200)
    #expect { try clusterer.run(on: matrix) } throws: {
      let problem = $0 as? Problem
      return problem?.path == "max_memory" && problem?.hint?.contains("single") == true && problem?.details["estimated_bytes"]?.int ?? 0 > 1 << 10
    }
  }
}
