import Basics
import Engine
import Model
import TestSupport
import Testing

/// Documents around the corners of a cube, with a retriever over them.
struct RetrieverFixture {
  let fixture: Fixture
  var store: TemporaryStore { fixture.store }

  init(documents: Int = 60) throws { fixture = try Fixture(documents: documents) }

  static func search(
    _ query: JSON = ["input_mode": "vector", "value": "{{INPUT.vector}}"], _ extra: JSONObject = [:], _ stage: JSONObject = [:]
  ) -> JSON {
    var one: JSONObject = ["feature_uri": "v", "query": query]
    one.set(extra.members)
    var parameters: JSONObject = ["searches": [.object(one)], "final_top_k": 100]
    parameters.set(stage.members)
    return ["stage_name": "search", "config": ["stage_id": "feature_search", "parameters": .object(parameters)]]
  }

  static func stage(_ name: String, _ parameters: JSON) -> JSON {
    ["stage_name": .string(name), "config": ["stage_id": .string(name), "parameters": parameters]]
  }

  @discardableResult
  func retriever(_ stages: [JSON], name: String = "near", collections: JSON = ["points"], _ extra: JSONObject = [:]) throws(Problem) -> String {
    var body: JSONObject = ["retriever_name": .string(name), "collection_identifiers": collections, "stages": .array(stages)]
    body.set(extra.members)
    return try store.call("create_retriever", body: .object(body))["retriever_id"]?.string ?? ""
  }

  func execute(_ id: String, _ inputs: JSON = [:], _ extra: JSONObject = [:]) throws(Problem) -> JSON {
    var body: JSONObject = ["inputs": inputs]
    body.set(extra.members)
    return try store.call("execute_retriever", path: ["retriever_id": id], body: .object(body))
  }

  static func ids(_ answer: JSON) -> [String] { answer["documents"]?.array?.compactMap { $0["document_id"]?.string } ?? [] }
  static func vector(_ seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    return (0..<Fixture.dimensions).map { _ in Double(Float.random(in: -2...10, using: &random)) }
  }

  /// All documents with their vectors, in the order of insertion.
  func all() throws -> [JSON] {
    try store.call("list_documents", path: ["collection_identifier": "points"], body: ["limit": 1000, "return_vectors": true])["results"]?.array ?? []
  }

  /// The nearest by plain loops in double precision, nearest first.
  func nearest(_ query: [Double], where passes: (JSON) -> Bool = { _ in true }) throws -> [(id: String, score: Double)] {
    var scored: [(id: String, score: Double)] = []
    for document in try all() where passes(document) {
      let values = document["vectors"]?["v"]?.array?.compactMap(\.double) ?? []
      let square = zip(values, query).reduce(0.0) { $0 + ($1.0 - Double(Float($1.1))) * ($1.0 - Double(Float($1.1))) }
      scored.append((document["document_id"]?.string ?? "", 1 / (1 + square.squareRoot())))
    }
    return scored.enumerated().sorted { (-$0.element.score, $0.offset) < (-$1.element.score, $1.offset) }.map(\.element)
  }
}

@Suite("Retrievers") struct RetrieverTests {
  @Test(
    "filters beside a stage's parameters are passed before it and after it, by inputs, too",
    arguments: [
      (RetrieverFixture.search(), "pre_filters"), (RetrieverFixture.search(), "post_filters"),
      (["stage_name": "first", "config": ["stage_id": "feature_search", "parameters": ["searches": []]]], "pre_filters"),
      (RetrieverFixture.stage("sort_attribute", ["field": "document_id"]), "pre_filters"),
      (RetrieverFixture.stage("limit", ["limit": 1000]), "post_filters"),
    ] as [(JSON, String)])
  func filtersBeside(stage: JSON, key: String) throws {
    let fixture = try RetrieverFixture(documents: 30)
    let chosen = try fixture.all().prefix(4).compactMap { $0["document_id"] }
    func with(_ filter: JSON) -> JSON {
      var (whole, config) = (stage.object ?? JSONObject(), stage["config"]?.object ?? JSONObject())
      config[key] = filter
      whole["config"] = .object(config)
      return .object(whole)
    }
    let fixed: JSON = ["AND": [["field": "document_id", "operator": "in", "value": .array(chosen)]]]
    let named: JSON = ["field": "document_id", "operator": "in", "value": "{{INPUT.ids}}"]
    let schema: JSONObject = ["input_schema": ["vector": ["type": "array"], "ids": ["type": "array"]]]
    for (name, filter) in [("fixed", fixed), ("named", named)] {
      let id = try fixture.retriever([with(filter)], name: name, schema)
      let answer = try fixture.execute(id, ["vector": .array(RetrieverFixture.vector(1).map(JSON.double)), "ids": .array(chosen)], ["limit": 100])
      #expect(Set(RetrieverFixture.ids(answer)) == Set(chosen.compactMap(\.string)), "\(name): \(answer.text.prefix(300))")
    }
    let problem = #expect(throws: Problem.self) { try fixture.retriever([with(["field": "n", "operator": "near", "value": 1])], name: "wrong") }
    #expect(problem?.path?.hasPrefix("stages[0].config") == true && problem?.path?.contains(key) == true, "\(String(describing: problem))")
  }

  @Test("a retriever that names no collections searches a standalone namespace's own documents")
  func ownDocuments() throws {
    let store = try TemporaryStore()
    try store.call("create_standalone_namespace", body: ["namespace_id": "own", "vector_configs": [["name": "v", "dimension": 2]]])
    let own = Caller(name: "own", scopes: Set(APIKey.Scope.allCases), namespaces: ["own"])
    let documents: JSON = [["document_id": "a", "vectors": ["v": [1, 0]]], ["document_id": "b", "vectors": ["v": [0, 1]]]]
    try store.call("upsert_namespace_documents", path: ["namespace_id": "own"], body: ["documents": documents])
    let stage: JSON = [
      "stage_name": "feature_search", "stage_type": "filter",
      "config": [
        "stage_id": "feature_search",
        "parameters": ["searches": [["feature_uri": "v", "query": ["input_mode": "vector", "value": [0.1, 1]]]], "final_top_k": 1],
      ],
    ]
    let made = try store.call("create_retriever", body: ["retriever_name": "once", "stages": [stage]], caller: own)
    let path = ["retriever_id": made["retriever_id"]?.string ?? ""]
    #expect(RetrieverFixture.ids(try store.call("execute_retriever", path: path, body: ["inputs": [:]], caller: own)) == ["b"])
    // Where collections bring their extractors, nobody knows which is meant.
    let problem = #expect(throws: Problem.self) { try store.call("create_retriever", body: ["retriever_name": "once", "stages": [stage]]) }
    #expect(problem?.path == "collection_identifiers")
  }

  typealias World = RetrieverFixture

  @Test("are made, read by id and name, listed, changed in versions and deleted, in the contract's shapes")
  func keeping() throws {
    let world = try World(documents: 3)
    let schema: JSON = ["vector": ["type": "array", "required": true]]
    let id = try world.retriever([World.search()], ["input_schema": schema, "tags": ["t"], "metadata": ["a": 1]])
    #expect(id.hasPrefix("ret_"))
    let read = try world.store.call("get_retriever", path: ["retriever_id": "near"])
    #expect(read["retriever_id"]?.string == id && read["version"] == 1 && read["fusion"] == "rrf" && read["input_schema"] == schema)
    #expect(read["collection_identifiers"]?.array?.first?.string?.hasPrefix("col_") == true && read["metadata"] == ["a": 1] && read["tags"] == ["t"])
    let stage = read["stages"]?.array?.first
    #expect(stage?["stage_name"] == "search" && stage?["stage_type"] == "filter" && stage?["parameters"]?["final_top_k"] == 100)
    #expect { try world.retriever([World.search()]) } throws: { ($0 as? Problem)?.kind == .conflict && ($0 as? Problem)?.path == "retriever_name" }
    try world.retriever([World.stage("limit", ["limit": 1])], name: "first", ["description": "only one"])
    let found = try world.store.call("list_retrievers", body: ["search": "ONE"])
    #expect(found["results"]?.array?.map { $0["retriever_name"] } == ["first"] && found["total"] == 1)
    let sorted = try world.store.call("list_retrievers", body: ["sort": ["field": "retriever_name", "direction": "desc"], "limit": 1])
    #expect(sorted["results"]?.array?.map { $0["retriever_name"] } == ["near"] && sorted["total_count"] == 2)
    #expect(try world.store.call("list_retrievers_get")["results"]?.array?.count == 2)
    let patched = try world.store.call(
      "patch_retriever", path: ["retriever_id": id], body: ["retriever_name": "nearest", "stages": [World.stage("limit", ["limit": 2])]])
    #expect(patched["retriever"]?["version"] == 2 && patched["retriever"]?["fusion"] == .null && patched["retriever"]?["input_schema"] == schema)
    try world.store.reopen()
    #expect(try world.store.call("get_retriever", path: ["retriever_id": "nearest"])["version"] == 2)
    try world.store.call("delete_retriever", path: ["retriever_id": "nearest"])
    #expect { try world.store.call("get_retriever", path: ["retriever_id": "frist"]) } throws: { ($0 as? Problem)?.didYouMean == "first" }
  }

  @Test(
    "are refused with the place and the near miss",
    arguments: [
      (["retriever_name": "r", "collection_identifiers": ["pionts"]], "collection_identifiers[0]", "points"),
      (["retriever_name": "r", "stagse": []], "stagse", "stages"), (["stages": []], "retriever_name", nil), (["retriever_name": "r"], "stages", nil),
      (["retriever_name": "r", "collection_identifiers": []], "collection_identifiers", nil),
      (["retriever_name": "r", "visibility": "pubic"], "visibility", "public"),
    ] as [(JSONObject, String, String?)])
  func mistakes(extra: JSONObject, path: String, near: String?) throws {
    let world = try World(documents: 0)
    var body: JSONObject = ["collection_identifiers": ["points"], "stages": [World.search()]]
    if path == "stages" { body["stages"] = nil }
    body.set(extra.members)
    let problem = #expect(throws: Problem.self) { try world.store.call("create_retriever", body: .object(body)) }
    #expect(problem?.path == path && (near == nil || problem?.didYouMean == near), "\(String(describing: problem))")
    #expect(try world.store.call("list_retrievers")["total_count"] == 0)
  }

  @Test("refuse an index that a collection lacks, when they are made")
  func unknownIndex() throws {
    let world = try World(documents: 0)
    let problem = #expect(throws: Problem.self) { try world.retriever([World.search("x", ["feature_uri": "mixpeek://p@v1/w"])]) }
    #expect(problem?.path == "stages[0].config.parameters.searches[0].feature_uri" && problem?.hint == "It has: v")
  }

  @Test(
    "find exactly the nearest, as comparing with all in double precision does, with a filter before the search and without",
    arguments: 1...4 as ClosedRange<UInt64>)
  func nearest(seed: UInt64) throws {
    let world = try World()
    let vector = World.vector(seed)
    let plain = try world.retriever([World.search(["input_mode": "vector", "value": "{{INPUT.vector}}"], ["top_k": 15])])
    let filter = World.stage("attribute_filter", ["field": "kind", "operator": "in", "value": ["alpha", "{{INPUT.kind}}"]])
    let narrow = try world.retriever([filter, World.search()], name: "narrow")
    let inputs: JSON = ["vector": .array(vector.map(JSON.double)), "kind": "gamma"]
    for (id, wanted) in [
      (plain, Array(try world.nearest(vector).prefix(15))), (narrow, try world.nearest(vector) { $0["kind"] != "beta" }),
    ] {
      let answer = try world.execute(id, inputs, ["limit": 100])
      #expect(World.ids(answer) == wanted.map(\.id))
      let scores = answer["documents"]?.array?.compactMap { $0["score"]?.double } ?? []
      #expect(scores.count == wanted.count && zip(scores, wanted).allSatisfy { abs($0 - $1.score) < 1e-9 })
      #expect(answer["pagination"]?["total"] == .int(wanted.count) && answer["status"] == "completed")
    }
    // The filter comes first: only what passes was looked at.
    let answer = try world.execute(narrow, inputs)
    #expect(answer["stage_statistics"]?["stages"]?["search"]?["input_count"] == 40)
    #expect(answer["stage_statistics"]?["stages"]?["attribute_filter"]?["input_count"] == 60)
    let more = try world.execute(narrow, inputs, ["filters": ["kind": "alpha"], "limit": 100])
    #expect(World.ids(more) == (try world.nearest(vector) { $0["kind"] == "alpha" }).map(\.id))
    // Without its input the whole condition is left out, and the answer says so.
    let open = try world.execute(narrow, ["vector": .array(vector.map(JSON.double))], ["limit": 100])
    #expect(World.ids(open).count == 60 && open["interpretation"]?["relaxations"]?.array?.first?["field"] == "kind")
  }

  @Test("give every document once over their pages, whichever way they are paged", arguments: ["offset", "cursor", "scroll", "keyset"])
  func pages(method: String) throws {
    let world = try World(documents: 25)
    let searched = try world.retriever([World.search()])
    let listed = try world.retriever([World.stage("sort_attribute", ["field": "text", "direction": "asc"])], name: "listed")
    let inputs: JSON = ["vector": .array(World.vector(3).map(JSON.double))]
    for id in [searched, listed] {
      let whole = World.ids(try world.execute(id, inputs, ["limit": 100]))
      #expect(whole.count == 25)
      var seen: [String] = []
      var next: JSONObject = ["method": .string(method)]
      next[method == "offset" ? "page_size" : "limit"] = 7
      while true {
        let answer = try world.execute(id, inputs, ["pagination": .object(next)])
        seen += World.ids(answer)
        let page = answer["pagination"]
        #expect(page?["method"]?.string == method && page?["total"] == 25 && page?["returned"] == .int(World.ids(answer).count))
        guard page?["has_next"] == true else { break }
        switch method {
        case "offset": next["page_number"] = .int((page?["page_number"]?.int ?? 0) + 1)
        case "cursor": next["cursor"] = page?["cursor"]
        case "scroll": next["scroll_id"] = page?["scroll_id"]
        default: next["after"] = page?["after"]
        }
      }
      #expect(seen == whole)
    }
    for (body, path) in [
      (["pagination": ["method": "cursor", "cursor": "nonsense"]], "pagination.cursor"), (["pagination": ["method": "pages"]], "pagination.method"),
      (["limit": 3, "page_size": 4], "page_size"), (["limit": 501], "limit"), (["inptus": [:]], "inptus"), (["stream": true], "stream"),
    ] as [(JSONObject, String)] {
      #expect { try world.execute(listed, [:], body) } throws: { ($0 as? Problem)?.path == path }
    }
  }

  @Test("search by text through the collection's extractor, and by a document that is there")
  func texts() throws {
    let store = try TemporaryStore()
    try store.call(
      "create_collection",
      body: [
        "collection_name": "notes",
        "feature_extractor": ["feature_extractor_name": "hashing_extractor", "version": "v1", "parameters": ["dimensions": 256]],
      ])
    try store.call("create_bucket", body: ["bucket_name": "b", "bucket_schema": ["properties": ["text": ["type": "text"]]]])
    try store.call("update_collection", path: ["collection_identifier": "notes"], body: ["metadata": [:]])
    try store.call(
      "create_collection",
      body: [
        "collection_name": "texts", "source": ["type": "bucket", "bucket_ids": ["b"]],
        "feature_extractor": ["feature_extractor_name": "hashing_extractor", "version": "v1", "parameters": ["dimensions": 256]],
      ])
    for text in ["a red bicycle in the rain", "green apples and pears", "the bicycle shop", "an old wooden boat"] {
      try store.call("create_object_buckets", path: ["bucket_identifier": "b"], body: ["text": .string(text)])
    }
    try store.call("trigger_collection", path: ["collection_identifier": "texts"])
    try store.host.settle()
    let id =
      try store.call(
        "create_retriever",
        body: [
          "retriever_name": "words", "collection_identifiers": ["texts"], "input_schema": ["query": ["type": "text"]],
          "stages": [
            [
              "stage_name": "feature_search",
              "config": [
                "searches": [["feature_uri": "mixpeek://hashing_extractor@v1/text", "query": ["input_mode": "text", "value": "{{INPUT.query}}"]]]
              ],
            ]
          ],
        ])["retriever_id"]?.string ?? ""
    func found(_ body: JSON) throws(Problem) -> [JSON] {
      try store.call("execute_retriever", path: ["retriever_id": id], body: body)["documents"]?.array ?? []
    }
    let bicycles = try found(["inputs": ["query": "bicycles"]])
    #expect(bicycles.count == 4 && bicycles.prefix(2).allSatisfy { $0["text"]?.string?.contains("bicycle") == true })
    #expect((bicycles[1]["score"]?.double ?? 0) > (bicycles[2]["score"]?.double ?? 1))
    let problem = #expect(throws: Problem.self) { try found([:]) }
    #expect(problem?.path == "stages[0].config.parameters.searches[0].query")
    let first = bicycles[0]["document_id"] ?? .null
    try store.call(
      "patch_retriever", path: ["retriever_id": id],
      body: [
        "stages": [
          [
            "stage_name": "feature_search",
            "config": ["searches": [["feature_uri": "text", "query": ["input_mode": "document", "document_ref": ["document_id": "{{INPUT.id}}"]]]]],
          ]
        ]
      ])
    let same = try found(["inputs": ["id": first]])
    #expect(same.first?["document_id"] == first && abs((same.first?["score"]?.double ?? 0) - 1) < 1e-6)
    #expect { try found(["inputs": ["id": "nobody"]]) } throws: { ($0 as? Problem)?.kind == .notFound }
  }

  @Test("carry out stages in order: filters, sorts, limits and samples before and after a search mean what they say")
  func stages() throws {
    let world = try World(documents: 30)
    let inputs: JSON = ["vector": .array(World.vector(5).map(JSON.double))]
    let wanted = try world.nearest(World.vector(5)).map(\.id)
    let limited = try world.retriever([World.search(), World.stage("limit", ["limit": 5, "offset": 2])], name: "a")
    #expect(World.ids(try world.execute(limited, inputs)) == Array(wanted[2..<7]))
    let worst = try world.retriever(
      [World.search(), World.stage("sort_relevance", ["direction": "asc"]), World.stage("limit", ["limit": 3])], name: "b")
    #expect(World.ids(try world.execute(worst, inputs)) == Array(wanted.reversed().prefix(3)))
    let later = try world.retriever([World.search(), World.stage("attribute_filter", ["conditions": ["kind": "beta"]])], name: "c")
    let betas = try world.nearest(World.vector(5)) { $0["kind"] == "beta" }.map(\.id)
    #expect(World.ids(try world.execute(later, inputs, ["limit": 100])) == betas)
    let before = try world.retriever([World.stage("limit", ["limit": 10]), World.search()], name: "d")
    let firstTen = Set((0..<10).map { "d\($0)" })
    #expect(World.ids(try world.execute(before, inputs, ["limit": 100])) == wanted.filter(firstTen.contains))
    let sampled = try world.retriever([World.search(), World.stage("sample", ["count": 8, "seed": 4, "preserve_top_k": 2])], name: "e")
    let some = World.ids(try world.execute(sampled, inputs))
    #expect(some.count == 8 && Array(some.prefix(2)) == Array(wanted.prefix(2)) && some == wanted.filter(Set(some).contains))
    #expect(World.ids(try world.execute(sampled, inputs)) == some)
    let fields = try world.retriever(
      [World.stage("sort_attribute", ["field": "kind", "direction": "desc"]), World.stage("limit", ["limit": 12])], name: "f")
    let sorted = try world.execute(fields, [:], ["limit": 100])
    #expect(sorted["documents"]?.array?.compactMap { $0["kind"]?.string } == Array(repeating: "gamma", count: 10) + ["beta", "beta"])
    #expect(sorted["pagination"]?["total"] == 12 && sorted["documents"]?.array?.first?["score"] == nil)
    let minimum = try world.retriever([World.search(["input_mode": "vector", "value": "{{INPUT.vector}}"], ["min_score": 0.1])], name: "g")
    let near = try world.nearest(World.vector(5)).filter { $0.score >= 0.1 }.map(\.id)
    #expect(World.ids(try world.execute(minimum, inputs, ["limit": 100])) == near)
  }

  @Test("make one list of several searches, by ranks or by scores")
  func fusion() throws {
    let world = try World(documents: 30)
    let (a, b) = (World.vector(1), World.vector(2))
    let inputs: JSON = ["a": .array(a.map(JSON.double)), "b": .array(b.map(JSON.double))]
    let (first, second) = (try world.nearest(a), try world.nearest(b))
    func wanted(_ share: (_ rank: Int, _ score: Double, _ weight: Double) -> Double, _ join: (Double, Double) -> Double = (+)) -> [String: Double] {
      var shares: [String: Double] = [:]
      for (list, weight) in [(first, 1.0), (second, 0.5)] {
        for (rank, item) in list.enumerated() {
          let mine = share(rank + 1, item.score, weight)
          shares[item.id] = shares[item.id].map { join($0, mine) } ?? mine
        }
      }
      return shares
    }
    let cases: [(String, [String: Double])] = [
      ("rrf", wanted { rank, _, weight in weight / Double(60 + rank) }), ("weighted", wanted { _, score, weight in weight * score }),
      ("max", wanted({ _, score, _ in score }, max)),
    ]
    for (word, shares) in cases {
      let searches: JSON = [
        ["feature_uri": "v", "query": ["value": "{{INPUT.a}}", "input_mode": "vector"]],
        ["feature_uri": "v", "query": ["value": "{{INPUT.b}}", "input_mode": "vector"], "weight": 0.5, "on_empty": "skip"],
      ]
      let id = try world.retriever(
        [World.stage("feature_search", ["searches": searches, "fusion": .string(word), "final_top_k": 30])], name: word)
      let answer = try world.execute(id, inputs, ["limit": 100])
      for document in answer["documents"]?.array ?? [] {
        #expect(abs((document["score"]?.double ?? 0) - (shares[document["document_id"]?.string ?? ""] ?? -1)) < 1e-9, "\(word)")
      }
      let scores = answer["documents"]?.array?.compactMap { $0["score"]?.double } ?? []
      #expect(scores.count == 30 && zip(scores, scores.dropFirst()).allSatisfy { $0 >= $1 })
      // A search without input that may be skipped leaves the order to the others.
      #expect(World.ids(try world.execute(id, ["a": .array(a.map(JSON.double))], ["limit": 100])) == first.map(\.id))
    }
  }

  @Test("keep their executions, failed ones too, and find them by status and after a restart")
  func executions() throws {
    let world = try World(documents: 5)
    let id = try world.retriever([World.search()], ["input_schema": ["vector": ["type": "array"], "note": ["type": "text"]]])
    let inputs: JSON = ["vector": .array(World.vector(1).map(JSON.double)), "note": "hello", "nothing": 1]
    let answer = try world.execute(id, inputs)
    #expect(
      answer["warnings"]?.array?.compactMap(\.string).sorted().map { String($0.prefix(24)) } == [
        "no stage uses the input ", "no stage uses the input ",
      ])
    #expect { try world.execute(id, ["vector": [1, 2]]) } throws: { ($0 as? Problem)?.path == "stages[0].config.parameters.searches[0].query" }
    try world.store.reopen()
    let list = try world.store.call("list_executions_retrievers", path: ["retriever_id": id], body: ["limit": 1])
    #expect(list["pagination"] == ["total": 2, "limit": 1, "offset": 0, "has_next": true])
    let failed = try world.store.call("list_executions_retrievers", path: ["retriever_id": id], body: ["status": "failed"])
    #expect(failed["results"]?.array?.count == 1)
    let one = try world.store.call(
      "get_execution_retrievers", path: ["retriever_id": id, "execution_id": answer["execution_id"]?.string ?? ""])
    #expect(one["status"] == "completed" && one["total_returned"] == 5 && one["documents"] == [] && one["documents_retained"] == false)
    #expect(one["stage_statistics"]?["stages"]?["search"]?["output_count"] == 5)
    let filtered = try world.store.call(
      "list_executions_retrievers", path: ["retriever_id": id], body: ["filters": ["query_summary": "hello"], "sorts": [["field": "created_at"]]])
    #expect(filtered["results"]?.array?.count == 1)
    #expect { try world.store.call("get_execution_retrievers", path: ["retriever_id": id, "execution_id": "exec_0"]) } throws: {
      ($0 as? Problem)?.kind == .notFound
    }
  }

  @Test("serve scripts, also those that may only read")
  func scripts() throws {
    let world = try World(documents: 10)
    try world.retriever([World.search()])
    let predicate: JSON = [
      "cron_expression": "* * * * *",
      "predicate":
        "return function(ctx) local r = perigee.retrievers.execute('near', {inputs = {vector = {10,0,0,0,0,0,0,0}}, limit = 2}) return #r.documents == 2 and r.documents[1].kind == 'alpha', 'found ' .. r.documents[1].document_id end",
    ]
    let id = try world.fixture.trigger("cron", predicate)
    try world.store.advance(by: .seconds(120))
    #expect(try world.fixture.decisions(id).contains { $0.hasPrefix("fired") })
    // What scripts look for is not kept.
    #expect(try world.store.call("list_executions_retrievers", path: ["retriever_id": "near"])["results"] == [])
  }

  @Test("choose the nodes of a flat taxonomy: by their filters, and how near is near enough")
  func taxonomies() throws {
    let world = try TaxonomyFixture(documents: 9)
    try world.nodes(3)
    let points = RetrieverFixture.search("{{INPUT.q}}", ["min_score": 0.5])
    try world.store.call(
      "create_retriever",
      body: [
        "retriever_name": "shelves", "collection_identifiers": ["nodes"],
        "stages": [RetrieverFixture.stage("attribute_filter", ["field": "shelf", "operator": "lt", "value": 12]), points],
      ])
    let config: JSONObject = [
      "taxonomy_type": "flat", "retriever_id": "shelves", "input_mappings": [],
      "source_collection": ["collection_id": "nodes", "enrichment_fields": [["field_path": "label", "target_field": "category"]]],
    ]
    let id = try world.taxonomy(.object(config))
    let outputs = try world.apply(id)
    #expect(outputs["nodes"] == 2 && outputs["enriched"] == 6 && outputs["unmatched"] == 3)
    #expect(try world.documents().allSatisfy { $0["category"]?.string == ($0["kind"] == "gamma" ? nil : $0["kind"]?.string) })
    let used = #expect(throws: Problem.self) { try world.store.call("delete_retriever", path: ["retriever_id": "shelves"]) }
    #expect(used?.kind == .conflict)
    try world.store.call(
      "create_retriever",
      body: ["retriever_name": "elsewhere", "collection_identifiers": ["points"], "stages": [RetrieverFixture.stage("limit", ["limit": 1])]])
    var other = config
    other["retriever_id"] = "elsewhere"
    let problem = #expect(throws: Problem.self) { try world.taxonomy(.object(other), name: "other") }
    #expect(problem?.path == "config.retriever_id")
  }
}
