import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Alerts") struct AlertTests {
  typealias World = RetrieverFixture

  private static let channels: JSON = ["channels": [["channel_type": "webhook", "channel_id": "wh_0123456789abcdef"]]]

  @discardableResult
  private func alert(_ world: World, _ extra: JSONObject = [:]) throws(Problem) -> String {
    var body: JSONObject = ["name": "watch", "retriever_id": "near", "notification_config": Self.channels]
    body.set(extra.members)
    return try world.store.call("create_alert", body: .object(body))["alert_id"]?.string ?? ""
  }

  private func events(_ world: World) throws -> [JSON] {
    try world.store.call("list_events", query: ["since": 0, "limit": 1000])["results"]?.array?.filter { $0["type"] == "alert.triggered" } ?? []
  }

  private func executions(_ world: World) throws -> [JSON] {
    try world.store.call("list_alert_executions", path: ["alert_identifier": "watch"])["results"]?.array ?? []
  }

  @Test("are made, read by id and name, listed with counts, changed and deleted, in the contract's shapes")
  func keeping() throws {
    let world = try World(documents: 3)
    try world.retriever([World.stage("attribute_filter", ["field": "kind", "value": "alpha"])])
    let id = try alert(world, ["min_count": 2, "metadata": ["team": "x"]])
    #expect(id.hasPrefix("alt_"))
    let read = try world.store.call("get_alert", path: ["alert_identifier": "watch"])
    #expect(read["alert_id"]?.string == id && read["retriever_id"]?.string?.hasPrefix("ret_") == true && read["min_count"] == 2)
    #expect(
      read["notification_config"] == Self.channels && read["enabled"] == true && read["cooldown_seconds"] == 0 && read["trigger_on"] == "results")
    #expect { try alert(world) } throws: { ($0 as? Problem)?.kind == .conflict }
    let patched = try world.store.call(
      "patch_alert", path: ["alert_identifier": id], body: ["enabled": false, "min_count": .null, "cooldown_seconds": 60, "description": "d"])
    #expect(patched["enabled"] == false && patched["min_count"] == nil && patched["cooldown_seconds"] == 60 && patched["metadata"] == ["team": "x"])
    try alert(world, ["name": "other"])
    let list = try world.store.call("list_alerts_0", body: ["filters": ["AND": [["field": "enabled", "operator": "eq", "value": true]]]])
    #expect(list["results"]?.array?.map { $0["name"] } == ["other"] && list["total_count"] == 1)
    #expect(list["stats"] == ["total_alerts": 2, "enabled_alerts": 1, "disabled_alerts": 1, "alerts_by_channel_type": ["webhook": 2]])
    #expect(try world.store.call("list_alerts", query: ["limit": 1])["results"]?.array?.count == 1)
    for (body, path) in [
      (["retriever_id": "nea"], "retriever_id"), (["min_cuont": 1], "min_cuont"), (["source": "system"], "source"), (["enabled": "yes"], "enabled"),
    ] as [(JSON, String)] {
      #expect { try world.store.call("patch_alert", path: ["alert_identifier": id], body: body) } throws: { ($0 as? Problem)?.path == path }
    }
    #expect { try world.store.call("get_latest_result_alerts", path: ["alert_identifier": id]) } throws: { ($0 as? Problem)?.kind == .notFound }
    #expect { try world.store.call("delete_retriever", path: ["retriever_id": "near"]) } throws: { ($0 as? Problem)?.kind == .conflict }
    try world.store.reopen()
    try world.store.call("delete_alert", path: ["alert_identifier": "watch"])
    #expect { try world.store.call("get_alert", path: ["alert_identifier": "oter"]) } throws: { ($0 as? Problem)?.didYouMean == "other" }
  }

  @Test("look by a trigger: one word at the rise, none while it lasts, another after it fell; each look is kept")
  func byTrigger() throws {
    let world = try World(documents: 3)
    try world.retriever([World.stage("attribute_filter", ["field": "level", "operator": "gte", "value": 5])])
    try alert(world, ["threshold": ["field": "level", "operator": "gt", "value": 6]])
    let id = try world.fixture.trigger("interval", ["interval_seconds": 60], action: ["alert_id": "watch"], kind: "alert_evaluation")
    func level(_ value: Int) throws {
      try world.store.call(
        "update_document", path: ["collection_identifier": "points", "document_id": "d1"], body: ["level": .int(value)])
    }
    var words: [Int] = []
    for value in [0, 6, 7, 8, 1, 9] {
      try level(value)
      try world.store.advance(by: .seconds(60))
      words.append(try events(world).count)
    }
    #expect(words == [0, 0, 1, 1, 1, 2])
    let executions = try executions(world)
    #expect(executions.map { $0["triggered"] } == [true, false, true, true, false, false])
    #expect(
      executions.map { $0["match_count"] } == [1, 0, 1, 1, 1, 0] && executions.map { $0["notified"] } == [true, false, false, true, false, false])
    #expect(executions[0]["matches"]?.array?.first?["document_id"] == "d1" && executions[0]["deliveries"]?.array?.first?["status"] == "event")
    let latest = try world.store.call("get_latest_result_alerts", path: ["alert_identifier": "watch"])
    #expect(latest["execution_id"] == executions[0]["execution_id"])
    #expect(try world.store.call("get_execution_alerts", path: ["execution_id": latest["execution_id"]?.string ?? ""]) == latest)
    #expect(try world.store.call("list_all_executions_alerts", query: ["limit": 2])["total_count"] == 6)
    let payload = try events(world)[0]["payload"]
    #expect(payload?["alert_name"] == "watch" && payload?["match_count"] == 1 && payload?["matches"]?.array?.count == 1)
    #expect(try world.fixture.history(id).allSatisfy { $0["status"] == "COMPLETED" })
  }

  @Test("look at what comes to a collection, each document with inputs of its own, and at no document twice, also over a restart")
  func onIngest() throws {
    let world = try World(documents: 6)
    try world.retriever(
      [
        World.stage(
          "attribute_filter", ["conditions": ["AND": [["field": "document_id", "operator": "eq", "value": "{{INPUT.id}}"], ["kind": "beta"]]]])
      ],
      ["input_schema": ["id": ["type": "string", "required": true]]])
    try alert(world)
    let mapping: JSON = [["input_key": "id", "source": ["source_type": "document_field", "path": "document_id"]]]
    #expect {
      try world.store.call(
        "update_collection", path: ["collection_identifier": "points"], body: ["alert_applications": [["alert_id": "watch", "input_mappings": []]]])
    } throws: { ($0 as? Problem)?.path == "alert_applications[0].input_mappings" }
    let shown = try world.store.call(
      "update_collection", path: ["collection_identifier": "points"],
      body: ["alert_applications": [["alert_id": "watch", "input_mappings": mapping]]])
    #expect(shown["alert_applications"]?.array?.first?["execution_mode"] == "on_ingest")
    try world.fixture.add(9, from: 6)
    try world.store.advance(by: .seconds(1))
    let first = try executions(world)
    #expect(first.count == 1 && first[0]["match_count"] == 3 && first[0]["source_documents"]?.array?.count == 9)
    #expect(try events(world).count == 1)
    // Without a beta among them nobody is told.
    try world.fixture.add(2, from: 20, corner: 0)
    try world.store.advance(by: .seconds(1))
    #expect(try executions(world).count == 2 && events(world).count == 1)
    try world.store.reopen()
    try world.fixture.add(1, from: 30, corner: 1)
    try world.store.advance(by: .seconds(1))
    let all = try executions(world)
    #expect(all.count == 3 && all[0]["match_count"] == 1 && all[0]["source_documents"] == ["d30"])
    #expect(all.flatMap { $0["source_documents"]?.array ?? [] }.count == 12)
    // Off: nothing is looked at, and nothing made up for later.
    try world.store.call("patch_alert", path: ["alert_identifier": "watch"], body: ["enabled": false])
    try world.fixture.add(3, from: 40)
    try world.store.advance(by: .seconds(1))
    try world.store.call("patch_alert", path: ["alert_identifier": "watch"], body: ["enabled": true])
    try world.fixture.add(1, from: 50, corner: 1)
    try world.store.advance(by: .seconds(1))
    #expect(try executions(world).count == 4 && executions(world)[0]["source_documents"] == ["d50"])
    try world.store.call("update_collection", path: ["collection_identifier": "points"], body: ["alert_applications": []])
    try world.fixture.add(1, from: 60, corner: 1)
    try world.store.advance(by: .seconds(1))
    #expect(try executions(world).count == 4)
    #expect(try world.store.call("get_collection", path: ["collection_identifier": "points"])["alert_applications"] == nil)
  }

  @Test("are at hand for scripts")
  func scripts() throws {
    let world = try World(documents: 3)
    try world.retriever([World.stage("limit", ["limit": 1])])
    let source = """
      local a = perigee.alerts.create{name = 'lua', retriever_id = 'near', notification_config = {channels = {{channel_type = 'webhook', channel_id = 'w'}}}}
      assert(perigee.alerts.get('lua').alert_id == a.alert_id and #perigee.alerts.list() == 1)
      assert(perigee.alerts.update('lua', {enabled = false}).enabled == false)
      assert(perigee.alerts.latest('lua') == nil and #perigee.alerts.executions('lua') == 0)
      assert(perigee.retrievers.get('near').version == 1 and #perigee.retrievers.list() == 1 and perigee.retrievers.get('no') == nil)
      assert(perigee.retrievers.update('near', {description = 'd'}).version == 2)
      assert(#perigee.retrievers.execute('near').documents == 1 and #perigee.retrievers.executions('near') == 0)
      assert(perigee.alerts.delete('lua') and not perigee.alerts.delete('lua') and perigee.retrievers.delete('near'))
      perigee.namespaces.update('default', {payload_indexes = {{field_name = 'kind', type = 'keyword'}}})
      return perigee.namespaces.ensure_indexes('default').ensured[1]
      """
    let run = try world.store.call("run_source", body: ["source": .string(source), "kind": "batch"])
    #expect(run["value"] == "kind")
  }
}

@Suite("The action retriever_execution") struct RetrieverActionTests {
  typealias World = RetrieverFixture

  private func task(_ world: World, _ trigger: String) throws -> JSON {
    let started = try world.store.call("execute_trigger_now", path: ["trigger_id": trigger])
    try world.store.host.settle()
    return try world.store.call("get_task", path: ["task_id": started["task_id"]?.string ?? ""])
  }

  @Test("leaves results and verdict in the task, and fails when what is asked for is not reached", arguments: [(2, "COMPLETED"), (3, "FAILED")])
  func acceptance(fewest: Int, status: String) throws {
    let world = try World(documents: 6)
    try world.retriever(
      [World.stage("attribute_filter", ["field": "kind", "value": "{{INPUT.kind}}"])],
      ["input_schema": ["kind": ["type": "string", "required": true]]])
    let id = try world.fixture.trigger(
      "cron", ["cron_expression": "0 2 * * *"],
      action: [
        "retriever_id": "near", "inputs": ["kind": "alpha"], "acceptance": ["min_results": .int(fewest), "judge_field": "text", "min_pass_ratio": 1],
      ],
      kind: "retriever_execution")
    let task = try task(world, id)
    #expect(task["status"]?.string == status && task["task_type"] == "api_retrievers_execute")
    let outputs = task["outputs"]?.array?.first
    #expect(outputs?["results"] == 2 && outputs?["documents"]?.array?.map { $0["document_id"] } == ["d0", "d3"])
    #expect(task["additional_data"]?["acceptance"]?["passed"] == .bool(status == "COMPLETED"))
    #expect(task["additional_data"]?["acceptance"]?["observed"]?["pass_ratio"] == 1.0)
    #expect((task["error"]?.string?.contains("fewer than 3") ?? false) == (status == "FAILED"))
    let trigger = try world.fixture.read(id)
    #expect(trigger["consecutive_failures"] == (status == "FAILED" ? 1 : 0) && trigger["execution_count"] == (status == "FAILED" ? 0 : 1))
    #expect(try world.store.call("list_executions_retrievers", path: ["retriever_id": "near"])["results"]?.array?.count == 1)
  }

  @Test("tells its channels at the flip of the verdict, and says what became of that")
  func channels() throws {
    let world = try World(documents: 1)
    try world.retriever([World.stage("limit", ["limit": 5])])
    let id = try world.fixture.trigger(
      "cron", ["cron_expression": "0 2 * * *"],
      action: [
        "retriever_id": "near", "acceptance": ["min_results": 2],
        "notification_config": [
          "channels": [["channel_type": "webhook", "config": ["url": "http://127.0.0.1:9/x"]], ["channel_type": "slack", "channel_id": "wh_1"]]
        ],
      ], kind: "retriever_execution")
    let deliveries = try task(world, id)["outputs"]?.array?.first?["deliveries"]?.array
    // The namespace allows no address, and a channel that fails takes nothing from the run.
    #expect(deliveries?.map { $0["status"] } == ["failed", "event"] && deliveries?.first?["error"]?.string?.contains("allowed") == true)
    #expect(try task(world, id)["outputs"]?.array?.first?["deliveries"] == nil)
    try world.fixture.add(3, from: 5)
    #expect(try task(world, id)["outputs"]?.array?.first?["deliveries"]?.array?.count == 2)
  }

  @Test(
    "is refused when the trigger is made",
    arguments: [
      (["retriever_id": "nea"], "action_config.retriever_id"),
      (["retriever_id": "near", "acceptance": ["min_result": 1]], "action_config.acceptance.min_result"),
      (["retriever_id": "near", "inputs": ["k": "x"]], "action_config.inputs.k"),
      (["retriever_id": "near", "acceptance": ["min_pass_ratio": 1]], "action_config.acceptance.judge_field"),
      (["retriever_id": "near", "filters": ["a": [1]]], "action_config.filters.a"),
      (["retriever_id": "near", "notification_config": ["channels": []]], "action_config.notification_config.channels"),
    ] as [(JSON, String)])
  func mistakes(config: JSON, path: String) throws {
    let world = try World(documents: 0)
    try world.retriever([World.stage("limit", ["limit": "{{INPUT.k}}"])], ["input_schema": ["k": ["type": "integer"]]])
    #expect { try world.fixture.trigger("cron", ["cron_expression": "0 2 * * *"], action: config, kind: "retriever_execution") } throws: {
      ($0 as? Problem)?.path == path
    }
  }
}
