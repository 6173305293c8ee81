import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Clustering triggers of old") struct ClusterTriggerTests {
  private static let cron: JSON = ["cron_expression": "0 2 * * *", "timezone": "UTC"]

  private func create(_ fixture: Fixture, _ config: JSON, type: JSON = "cron", schedule: JSON = cron) throws(Problem) -> JSON {
    try fixture.store.call(
      "create_cluster_trigger",
      body: ["execution_config": ["collection_ids": ["points"], "config": config], "trigger_type": type, "schedule_config": schedule])
  }

  @Test(
    "carry their clustering with them, run it, and are the same triggers",
    arguments: [
      #"{"algorithm": "kmeans", "n_clusters": 3}"#, #"{"algorithm": "kmeans", "n_clusters": 3, "min_cluster_size": 2}"#,
      #"{"algorithm": "hdbscan", "min_cluster_size": 5, "min_samples": 5}"#, #"{"algorithm": "hierarchical", "n_clusters": 3}"#,
    ])
  func life(config: String) throws {
    let fixture = try Fixture(documents: 30)
    let given = try JSON(parsing: config)
    let made = try create(fixture, given)
    let path = ["trigger_id": made["trigger_id"]?.string ?? ""]
    #expect(made["execution_config"] == ["collection_ids": ["points"], "config": given], "\(made.text)")
    #expect(made["next_scheduled_at"] == "2026-01-01T02:00:00Z" && made["action_type"] == nil && made["last_execution_job_id"] == .null)
    #expect(try fixture.store.call("get_trigger", path: path)["action_config"]?["cluster_id"] == made["cluster_id"])
    try fixture.store.advance(by: .seconds(7200))
    let history = try fixture.store.call("get_cluster_trigger_history", path: path)
    let run = try #require(history["executions"]?.array?.first, "\(history.text)")
    #expect(run["status"] == "COMPLETED" && run["num_clusters"] == 3 && run["num_documents"] == 30 && run["job_id"]?.string != nil, "\(run.text)")
    for (status, total) in [("completed", 1), ("FAILED", 0)] as [(JSON, JSON)] {
      #expect(try fixture.store.call("get_cluster_trigger_history", path: path, body: ["status_filter": status])["total"] == total)
    }
    #expect(try fixture.store.call("pause_cluster_trigger", path: path)["status"] == "paused")
    #expect(try fixture.store.call("resume_cluster_trigger", path: path)["status"] == "active")
    #expect(try fixture.store.call("update_cluster_trigger", path: path, body: ["description": "new"])["description"] == "new")
    #expect(try fixture.store.call("delete_cluster_trigger", path: path) == .null)
    #expect(try fixture.store.call("get_cluster_trigger", path: path)["status"] == "disabled")
  }

  @Test("of a cluster that there is inherit its configuration; lists show those that cluster and no others")
  func ofCluster() throws {
    let fixture = try Fixture(documents: 9)
    let cluster = try fixture.cluster()
    let body: JSON = [
      "cluster_id": .string(cluster), "trigger_type": "interval", "schedule_config": ["interval_seconds": 3600, "start_immediately": true],
    ]
    let made = try fixture.store.call("create_cluster_trigger", body: body)
    #expect(made["cluster_id"]?.string == cluster && made["execution_config"]?["config"]?["algorithm"] == "kmeans", "\(made.text)")
    let other = try fixture.trigger("cron", Self.cron)
    _ = try create(fixture, ["algorithm": "kmeans", "n_clusters": 2])
    #expect(try fixture.store.call("list_cluster_triggers")["total"] == 2)
    #expect(
      try fixture.store.call("list_cluster_triggers", body: ["cluster_id": "topics"])["results"]?.array?.map { $0["trigger_id"] } == [
        made["trigger_id"]
      ])
    #expect(try fixture.store.call("list_triggers")["total"] == 3)
    let error = #expect(throws: Problem.self) { try fixture.store.call("get_cluster_trigger", path: ["trigger_id": other]) }
    #expect(error?.kind == .notFound)
  }

  @Test(
    "that are wrong say where, and leave no cluster behind",
    arguments: [
      (#"{"algorithm": "kmeans"}"#, "execution_config.config.n_clusters"), (#"{"algorithm": "hdbscan"}"#, "execution_config.config.min_cluster_size"),
      (#"{"algorithm": "kmean", "n_clusters": 2}"#, "execution_config.config.algorithm"),
      (#"{"n_clusters": 2}"#, "execution_config.config.algorithm"),
      (#"{"algorithm": "kmeans", "n_clusters": 1}"#, "execution_config.config.n_clusters"),
      (#"{"algorithm": "kmeans", "n_clusters": 2, "clusters": 2}"#, "execution_config.config.clusters"),
    ])
  func refused(config: String, path: String) throws {
    let fixture = try Fixture(documents: 3)
    let error = #expect(throws: Problem.self) { try create(fixture, JSON(parsing: config)) }
    #expect(error?.path == path, "\(error?.description ?? "")")
    let late = #expect(throws: Problem.self) {
      try create(fixture, ["algorithm": "kmeans", "n_clusters": 2], schedule: ["cron_expression": "0 2 30 2 *"])
    }
    #expect(late?.path?.hasPrefix("schedule_config") == true)
    #expect(try fixture.store.call("list_clusters")["total_count"] == 0)
    #expect(try fixture.store.call("list_collections")["total_count"] == 1)
  }

  @Test("need a cluster or a configuration, and are told of both")
  func neither() throws {
    let fixture = try Fixture()
    let error = #expect(throws: Problem.self) {
      try fixture.store.call("create_cluster_trigger", body: ["trigger_type": "cron", "schedule_config": Self.cron])
    }
    #expect(error?.path == "execution_config" && error?.others.map(\.path) == ["cluster_id"])
  }
}

@Suite("Exports of runs") struct RunExportTests {
  @Test("are tables with a row for each group and each member; a label picks one group")
  func csv() throws {
    let fixture = try Fixture(documents: 30)
    let cluster = try fixture.cluster()
    let task = try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
    try fixture.store.host.settle()
    let path = ["cluster_id": cluster, "run_id": task["run_id"]?.string ?? ""]
    try fixture.store.call("patch_cluster_execution_labels", path: path, body: ["labels": ["cl_0": "=cmd(\"x\"), y"]])
    let text = try #require(try fixture.store.call("export_cluster_execution", path: path, query: ["format": "csv"]).string)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 34 && lines.first?.hasPrefix("row_type,document_id,collection_id,cluster_id,cluster_label,num_members") == true)
    #expect(lines.count { $0.hasPrefix("member,d") } == 30 && lines.count { $0.hasPrefix("centroid,") } == 3)
    // Neither a formula for a spreadsheet nor a cell that breaks the row.
    #expect(text.contains(#","'=cmd(""x""), y","#), "\(text)")
    let one = try #require(try fixture.store.call("export_cluster_execution", path: path, query: ["format": "csv", "cluster_label": "cl_1"]).string)
    #expect(one.split(separator: "\n").count == 12)
    let link = try fixture.store.call("export_cluster_execution", path: path)
    #expect(link["rows"] == 33 && link["download_url"]?.string?.hasSuffix("/export?format=csv") == true)
    for (name, value, kind) in [("format", "parquet", Problem.Kind.unsupported), ("cluster_label", "cl_9", .notFound)] {
      let error = #expect(throws: Problem.self) { try fixture.store.call("export_cluster_execution", path: path, query: [name: .string(value)]) }
      #expect(error?.kind == kind && error?.path == name)
    }
  }
}
