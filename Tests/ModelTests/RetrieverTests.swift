import Basics
import Testing

@testable import Model

@Suite("Retrievers") struct RetrieverTests {
  private let inputs: JSONObject = ["query": "shoes", "k": 7, "tags": ["a", "b"], "user": ["name": "Ann", "deep key": ["x"]], "empty": ""]

  @Test(
    "put inputs where templates name them: alone with their type, within a text as text",
    arguments: [
      ("{{INPUT.query}}", "shoes"), ("{{ inputs.k }}", 7), ("by {{input.user.name}}, {{INPUT.k}}", "by Ann, 7"), ("{{INPUT.tags}}", ["a", "b"]),
      ("{{INPUT.tags[1]}}", "b"), ("{{INPUT.user['deep key'][0]}}", "x"), ("{{INPUT.nothing}}", .null), ("<{{INPUT.nothing}}>", "<>"),
      ("no {braces} here", "no {braces} here"), (["x": ["{{INPUT.k}}"]], ["x": [7]]), (["type": "dynamic", "field": "inputs.k"], 7), (5, 5),
    ] as [(JSON, JSON)])
  func templates(given: JSON, expected: JSON) throws {
    var template = RetrieverTemplate(inputs)
    #expect(try template.resolve(given, path: "p") == expected)
  }

  @Test(
    "refuse templates that they do not know, by name",
    arguments: ["{{DOC.title}}", "{{INPUT.query | upper}}", "{% for x in y %}", "{{SECRET.key}}", "{{query}}", "{{INPUT}}", "{{INPUT.query"])
  func unknownTemplates(text: String) {
    var template = RetrieverTemplate(inputs)
    let problem = #expect(throws: Problem.self) { try template.resolve(.string(text), path: "stages[0]") }
    #expect(problem?.path == "stages[0]" && problem?.hint != nil)
  }

  @Test("leave out the conditions of a filter whose inputs nobody gave, and no others")
  func relaxations() throws {
    let filter: JSON = [
      "AND": [
        ["field": "kind", "operator": "eq", "value": "{{INPUT.kind}}"], ["OR": [["field": "n", "operator": "lt", "value": "{{INPUT.k}}"]]],
        ["NOT": [["field": "x", "value": ["type": "dynamic", "field": "inputs.gone"]]]],
      ], "status": "{{INPUT.state}}", "open": true,
    ]
    var template = RetrieverTemplate(inputs)
    var relaxed: [String] = []
    let resolved = try template.resolveFilter(filter, path: "f", relaxed: &relaxed)
    #expect(resolved == ["AND": [["OR": [["field": "n", "operator": "lt", "value": 7]]]], "open": true])
    #expect(relaxed.sorted() == ["kind", "status", "x"])
    #expect(try template.resolveFilter(["field": "a", "value": "{{INPUT.gone}}"], path: "f", relaxed: &relaxed) == nil)
  }

  private static func stage(_ name: String, _ parameters: JSON) -> JSON {
    ["stage_name": "s", "config": ["stage_id": .string(name), "parameters": parameters]]
  }

  private static let vector: JSON = ["feature_uri": "mixpeek://passthrough@v1/v", "query": ["input_mode": "vector", "value": [1, 0]]]

  @Test(
    "name what is wrong with a stage, where, and the near miss",
    arguments: [
      (stage("feature_serch", [:]), "stages[0].config.stage_id", "feature_search"),
      (stage("rerank", [:]), "stages[0].config.stage_id", nil),
      (stage("feature_search", [:]), "stages[0].config.parameters.searches", nil),
      (stage("feature_search", ["searches": [vector], "final_topk": 3]), "stages[0].config.parameters.final_topk", "final_top_k"),
      (stage("feature_search", ["searches": [vector], "final_top_k": 5001]), "stages[0].config.parameters.final_top_k", nil),
      (stage("feature_search", ["searches": [vector], "fusion": "rff"]), "stages[0].config.parameters.fusion", "rrf"),
      (stage("feature_search", ["searches": [vector], "facets": [["key": "a"]]]), "stages[0].config.parameters.facets", nil),
      (stage("feature_search", ["searches": [["query": "x"]]]), "stages[0].config.parameters.searches[0].feature_uri", nil),
      (
        stage("feature_search", ["searches": [["feature_uri": "v", "query": ["input_mode": "vektor"]]]]),
        "stages[0].config.parameters.searches[0].query.input_mode", "vector"
      ),
      (stage("feature_search", ["searches": [["feature_uri": "v", "query": [1, "x"]]]]), "stages[0].config.parameters.searches[0].query[1]", nil),
      (stage("attribute_filter", [:]), "stages[0].config.parameters", nil),
      (stage("attribute_filter", ["field": "a", "operator": "contain", "value": "x"]), "stages[0].config.parameters.operator", "contains"),
      (
        stage("attribute_filter", ["conditions": ["AND": [["field": "a", "operator": "in", "value": 1]]]]),
        "stages[0].config.parameters.conditions.AND[0].value", nil
      ),
      (stage("sort_attribute", ["field": "a", "direction": "down"]), "stages[0].config.parameters.direction", nil),
      (stage("limit", ["limit": 0]), "stages[0].config.parameters.limit", nil),
      (stage("limit", [:]), "stages[0].config.parameters.limit", nil),
      (["stage_name": "limit", "stage_type": "sort", "config": ["limit": 1]], "stages[0].stage_type", nil),
      (["stage_nam": "limit", "config": [:]], "stages[0].stage_nam", "stage_name"),
    ] as [(JSON, String, String?)])
  func mistakes(stage: JSON, path: String, near: String?) {
    let problem = #expect(throws: Problem.self) {
      try Retriever(
        creating: ["retriever_name": "r", "stages": [stage]], in: "ns", by: nil,
        surroundings: Surroundings(now: { Instant(milliseconds: 0) }, ticks: { Ticks(nanoseconds: 0) }, random: { 1 }))
    }
    #expect(problem?.path == path, "\(String(describing: problem))")
    if let near { #expect(problem?.didYouMean == near) }
    #expect(problem?.hint != nil || problem?.kind == .invalid)
  }

  @Test("take parameters in config or under parameters, by the kind's name or stage_id, and judge templates only when they are filled")
  func shapes() throws {
    for json: JSON in [
      ["stage_name": "limit", "config": ["limit": 3]], ["stage_name": "few", "config": ["stage_id": "limit", "parameters": ["limit": 3]]],
      ["stage_name": "few", "stage_type": "reduce", "config": ["stage_id": "limit", "limit": 3]],
    ] {
      var notes = RetrieverStage.Notes()
      let stage = try RetrieverStage(json, path: "s")
      #expect(try stage.step([:], path: "s", notes: &notes) == .limit(3, offset: 0))
      #expect(try RetrieverStage(stage.stored, path: "s") == stage)
    }
    let open = try RetrieverStage(Self.stage("limit", ["limit": "{{INPUT.k}}"]), path: "s")
    try open.check([], path: "s")
    var notes = RetrieverStage.Notes()
    #expect(try open.step(["k": 4], path: "s", notes: &notes) == .limit(4, offset: 0) && notes.used == ["k"])
    #expect(throws: Problem.self) { try open.step(["k": "four"], path: "s", notes: &notes) }
  }

  @Test(
    "check inputs against their schema",
    arguments: [
      (["q": "x"], nil), (["q": 5], "inputs.q"), ([:], "inputs.q"), (["q": "x", "n": "1"], "inputs.n"), (["q": "x", "state": "odd"], "inputs.state"),
      (["q": "x", "free": [1]], nil), (["q": "x", "n": 2.0], nil), (["q": "x", "n": 2.5], "inputs.n"),
    ] as [(JSON, String?)])
  func schema(given: JSON, path: String?) throws {
    let schema = try RetrieverInput.schema([
      "q": ["type": "text", "required": true], "n": ["type": "integer", "default": 3], "state": ["type": "string", "enum": ["new", "old"]],
    ])
    func values() throws(Problem) -> RetrieverValues { try RetrieverValues(given.object ?? [:], for: schema) }
    guard let path else {
      let values = try values()
      #expect(values.values["n"] != nil && values.inferred["n"] == (given["n"] == nil ? 3 : nil))
      return
    }
    #expect { try values() } throws: { ($0 as? Problem)?.path == path }
  }

  @Test(
    "are judged by each criterion of an acceptance, and by all together",
    arguments: [
      (["max_total_time_ms": 50], true), (["max_total_time_ms": 5], false), (["min_results": 3], true), (["min_results": 4], false),
      (["max_stage_latency_breaches": 1], true), (["max_stage_latency_breaches": 0], false),
      (["judge_field": "v.ok"], true), (["judge_field": "v.ok", "min_pass_ratio": 0.3], true),
      (["judge_field": "v.ok", "min_pass_ratio": 0.4], false),
      (["min_results": 1, "max_total_time_ms": 5], false), ([:], true),
    ] as [(JSON, Bool)])
  func acceptance(criteria: JSON, passed: Bool) throws {
    let acceptance = try #require(try Acceptance(criteria, path: "acceptance"))
    let results: [JSONObject] = [["v": ["ok": true]], ["v": ["ok": ""]], ["w": 1]]
    let verdict = acceptance.verdict(results: results, count: 3, milliseconds: 10, stageBreaches: 1)
    #expect(verdict.passed == passed && verdict.breaches.isEmpty == passed && verdict.json["passed"] == .bool(passed))
    #expect { try Acceptance(["min_pass_ratio": 0.5], path: "a") } throws: { ($0 as? Problem)?.path == "a.judge_field" }
  }

  @Test("tell of a check at its flips, its failures or always")
  func occasions() throws {
    let channels: JSON = [["channel_type": "webhook", "config": ["url": "https://example.com"]]]
    for (word, expected) in [
      ("change", [false, true, false, true]), ("failure", [false, true, true, false]), ("always", [true, true, true, true]),
    ] {
      let config = try CheckNotification(["channels": channels, "notify_on": .string(word)], path: "n")
      let runs: [(Bool, Bool?)] = [(true, nil), (false, true), (false, false), (true, false)]
      #expect(runs.map { config.speaks(passed: $0.0, before: $0.1) } == expected, "\(word)")
    }
  }
}

@Suite("Alerts' verdicts") struct AlertVerdictTests {
  private func alert(_ extra: JSONObject) throws -> Alert {
    var body: JSONObject = [
      "name": "a", "retriever_id": "r", "notification_config": ["channels": [["channel_type": "webhook", "channel_id": "wh_1"]]],
    ]
    for member in extra.members { body[member.key] = member.value }
    return try Alert(
      creating: .object(body), in: "ns",
      surroundings: Surroundings(now: { Instant(milliseconds: 0) }, ticks: { Ticks(nanoseconds: 0) }, random: { 1 }))
  }

  @Test(
    "hold when as much is found as is asked for, and the first result passes the threshold",
    arguments: [
      ([:], 1, true), ([:], 0, false), (["min_count": 3], 2, false), (["min_count": 3], 3, true), (["trigger_on": "no_results"], 0, true),
      (["trigger_on": "no_results"], 1, false), (["threshold": ["field": "score", "operator": "gte", "value": 0.8]], 1, true),
      (["threshold": ["field": "score", "operator": "gt", "value": 0.9]], 1, false),
      (["threshold": ["field": "level", "operator": "eq", "value": "high"]], 1, true),
      (["threshold": ["field": "missing", "operator": "ne", "value": 1]], 1, true),
    ] as [(JSONObject, Int, Bool)])
  func conditions(extra: JSONObject, count: Int, holds: Bool) throws {
    let matches: [JSONObject] = Array(repeating: ["score": 0.9, "metadata": ["level": "high"]], count: count)
    let verdict = try alert(extra).verdict(matches: matches, count: count, isIngest: false, at: Instant(milliseconds: 0))
    #expect(verdict.isTriggered == holds && verdict.notifies == holds)
  }

  @Test(
    "speak once per rise, again after the interval, never within the cooldown, and of new documents each time",
    arguments: [
      ([:], false, nil, 0, false, true), ([:], true, 0, 500, false, false), ([:], true, 0, 500, true, true),
      (["renotify_interval_seconds": 60], true, 0, 59, false, false), (["renotify_interval_seconds": 60], true, 0, 60, false, true),
      (["cooldown_seconds": 100], false, 0, 99, false, false), (["cooldown_seconds": 100], false, 0, 100, false, true),
      (["cooldown_seconds": 100], false, 0, 99, true, false),
      (["renotify_interval_seconds": 60, "cooldown_seconds": 100], true, 0, 70, false, false),
    ] as [(JSONObject, Bool, Int64?, Int64, Bool, Bool)])
  func words(extra: JSONObject, isRaised: Bool, fired: Int64?, now: Int64, isIngest: Bool, speaks: Bool) throws {
    var alert = try alert(extra)
    alert.isRaised = isRaised
    alert.lastFiredAt = fired.map { Instant(milliseconds: $0 * 1000) }
    let verdict = alert.verdict(matches: [["score": 1]], count: 1, isIngest: isIngest, at: Instant(milliseconds: now * 1000))
    #expect(verdict.isTriggered && verdict.notifies == speaks && !verdict.reason.isEmpty)
  }

  @Test(
    "are refused with the field that is wrong",
    arguments: [
      (["trigger_on": "result"], "trigger_on"), (["min_count": 0], "min_count"), (["source": "system"], "source"), (["cooldown": 5], "cooldown"),
      (["threshold": ["field": "a", "operator": "gt", "value": .null]], "threshold.value"),
      (["notification_config": ["channels": []]], "notification_config.channels"),
      (["notification_config": ["channels": [["channel_type": "pager"]]]], "notification_config.channels[0].channel_type"),
      (["notification_config": ["channels": [["channel_type": "webhook"]]]], "notification_config.channels[0].config"),
      (["trigger_on": "no_results", "min_count": 2], "min_count"),
    ] as [(JSONObject, String)])
  func mistakes(extra: JSONObject, path: String) {
    #expect { try alert(extra) } throws: { ($0 as? Problem)?.path == path }
  }
}
