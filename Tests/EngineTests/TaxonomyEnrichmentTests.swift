import Basics
import Engine
import Glibc
import Model
import Scripting
import Synchronization
import TestSupport
import Testing

@Suite("Taxonomy enrichment") struct TaxonomyEnrichmentTests {
  @Test("each document gets the fields of the nearest node, and says under _internal who gave them; a second run writes nothing")
  func flat() throws {
    let world = try TaxonomyFixture(documents: 90)
    let id = try world.flat(["top_k": 2])
    let outputs = try world.apply(id)
    #expect(outputs["processed"] == 90 && outputs["enriched"] == 90 && outputs["unmatched"] == 0 && outputs["nodes"] == 3)
    let documents = try world.documents()
    #expect(documents.allSatisfy { $0["category"] == $0["kind"] && $0["text"]?.string?.hasSuffix("of the node") == false && $0["shelf"] == nil })
    let marks = try world.document("d4")["_internal"]
    #expect(marks?["_taxonomy_\(id)_id"] == "n1" && marks?["_taxonomy_\(id)_label"] == "beta" && marks?["created_at"]?.string != nil)
    #expect(marks?["_taxonomy_\(id)_score"]?.double ?? 0 > 0.9 && marks?["_taxonomy_\(id)_assignments"]?.array?.count == 2)
    #expect(marks?["processing"]?["history"]?.array?.count == 1)
    #expect(try world.documents("points", .object(["_internal._taxonomy_\(id)_label".self: "beta"])).count == 30)
    let again = try world.apply(id)
    #expect(again["processed"] == 90 && again["unchanged"] == 90 && again["enriched"] == 0)
    #expect(try world.document("d4")["_internal"]?["updated_at"] == marks?["updated_at"])
    // A document that moves goes under another node; one with nothing but zeros under none, and loses what it was given.
    try world.store.call(
      "update_document", path: ["collection_identifier": "points", "document_id": "d4"], body: ["vectors": ["v": TaxonomyFixture.axis(2)]])
    try world.store.call(
      "update_document", path: ["collection_identifier": "points", "document_id": "d7"], body: ["vectors": ["v": TaxonomyFixture.axis()]])
    let moved = try world.apply(id)
    #expect(moved["enriched"] == 1 && moved["unmatched"] == 1 && moved["unchanged"] == 88)
    #expect(try world.document("d4")["category"] == "gamma" && world.document("d7")["category"] == .null)
    #expect(try world.document("d7")["_internal"]?["_taxonomy_\(id)_id"] == nil)
  }

  @Test("without a mapping the whole payload is given, but never over what is the document's own; lists can be added to")
  func payload() throws {
    let world = try TaxonomyFixture(documents: 9)
    try world.nodes()
    try world.apply(try world.taxonomy(["source_collection": ["collection_id": "nodes"]]))
    let first = try world.document("d1")
    #expect(first["label"] == "beta" && first["shelf"] == 11 && first["text"]?.string?.hasPrefix("beta") == true)
    let tagging = try world.taxonomy(
      [
        "source_collection": [
          "collection_id": "nodes", "enrichment_fields": [["field_path": "label", "target_field": "tags", "merge_mode": "append"]],
        ], "top_k": 2, "classification": ["threshold": 0.5],
      ], name: "tags")
    try world.store.call("update_document", path: ["collection_identifier": "points", "document_id": "d1"], body: ["tags": ["mine"]])
    for _ in 0..<2 { try world.apply(tagging) }
    #expect(try world.document("d1")["tags"] == ["mine", "beta"] && world.document("d0")["tags"] == ["alpha"])
    #expect(try world.document("d1")["_internal"]?["processing"]?["history"]?.array?.count == 2)
  }

  @Test("a tree of documents is descended, and what lies above is inherited")
  func tree() throws {
    let world = try TaxonomyFixture(documents: 40, groups: 4)
    try world.collection(
      "tree",
      [
        ["document_id": "low", "label": "Low", "floor": 1, "colour": "red", "vectors": ["v": TaxonomyFixture.axis(0, 1)]],
        ["document_id": "high", "label": "High", "floor": 2, "vectors": ["v": TaxonomyFixture.axis(2, 3)]],
        ["document_id": "a", "label": "Alpha", "up": "low", "vectors": ["v": TaxonomyFixture.axis(0)]],
        ["document_id": "b", "label": "Beta", "up": "low", "colour": "blue", "vectors": ["v": TaxonomyFixture.axis(1)]],
        ["document_id": "c", "label": "Gamma", "up": "high", "vectors": ["v": TaxonomyFixture.axis(2)]],
        ["document_id": "d", "label": "Delta", "up": "high", "vectors": ["v": TaxonomyFixture.axis(3)]],
      ])
    let fields = JSON.array(
      ["label", "floor", "colour", "path", "tier1_name"].map { ["field_path": .string($0), "target_field": .string("t_\($0)")] })
    let id = try world.taxonomy([
      "taxonomy_type": "hierarchical", "parent_field": "up", "source_collection": ["collection_id": "tree", "enrichment_fields": fields],
    ])
    let nodes = try world.store.call("get_taxonomy", path: ["taxonomy_identifier": id])["nodes"]?.array ?? []
    #expect(nodes.count == 6 && nodes[2] == ["node_id": "a", "label": "Alpha", "path": ["Low", "Alpha"], "parent_id": "low", "level": 1])
    try world.apply(id)
    for document in try world.documents() {
      let corner = TaxonomyFixture.corners.firstIndex(of: document["kind"]?.string ?? "") ?? 0
      let label = ["Alpha", "Beta", "Gamma", "Delta"][corner]
      #expect(document["t_label"]?.string == label && document["t_floor"]?.int == Int64(corner / 2 + 1))
      #expect(document["t_path"] == [corner < 2 ? "Low" : "High", .string(label)] && document["t_tier1_name"] == (corner < 2 ? "Low" : "High"))
      #expect((document["t_colour"] ?? .null) == [JSON.string("red"), "blue", .null, .null][corner])
    }
    // A circle is told when it is met, and nothing is written.
    try world.store.call("update_document", path: ["collection_identifier": "tree", "document_id": "low"], body: ["up": "a"])
    try world.apply(id, expecting: "FAILED")
    #expect(try world.store.call("get_taxonomy", path: ["taxonomy_identifier": id])["ready"] == false)
  }

  @Test("paths that documents carry, and collections under one another, make trees whose anchors are learned from examples")
  func learned() throws {
    let world = try TaxonomyFixture(documents: 40, groups: 4)
    let paths = ["Low/Alpha", "Low / Beta", "High/Gamma", "High/Delta"]
    func examples(_ corner: Int, _ extra: JSONObject = [:]) -> JSON {
      var item: JSONObject = ["vectors": ["v": TaxonomyFixture.axis(corner)]]
      item.set(extra.members)
      return .object(item)
    }
    try world.collection("known", .array((0..<4).map { examples($0, ["where": .string(paths[$0])]) }))
    let byPath = try world.taxonomy(["path_field": "where", "inference_collections": ["known"]], name: "by path")
    #expect(try world.store.call("get_taxonomy", path: ["taxonomy_identifier": byPath])["nodes"]?.array?.count == 6)
    try world.apply(byPath)
    let document = try world.document("d1")
    #expect(document["category_name"] == "Beta" && document["path"] == ["Low", "Beta"] && document["tier1_name"] == "Low")
    #expect(document["_internal"]?["_taxonomy_\(byPath)_path"] == ["Low", "Beta"])

    for (corner, name) in ["ca", "cb", "cc", "cd"].enumerated() { try world.collection(name, [examples(corner)]) }
    try world.collection("low")
    try world.collection("high")
    func node(_ name: String, _ parent: String?) -> JSON {
      ["collection_id": .string(name), "parent_collection_id": .optional(parent), "label": .string(name.uppercased())]
    }
    let byCollection = try world.taxonomy(
      [
        "taxonomy_type": "hierarchical",
        "hierarchical_nodes": [node("low", nil), node("high", nil), node("ca", "low"), node("cb", "low"), node("cc", "high"), node("cd", "high")],
      ], name: "by collection")
    try world.apply(byCollection)
    for document in try world.documents() {
      let corner = TaxonomyFixture.corners.firstIndex(of: document["kind"]?.string ?? "") ?? 0
      #expect(document["_internal"]?["_taxonomy_\(byCollection)_path"] == [corner < 2 ? "LOW" : "HIGH", .string(["CA", "CB", "CC", "CD"][corner])])
    }
  }

  @Test("a document that carries a path lies where it says, be that a leaf or not; what the taxonomy itself gave says nothing")
  func ownPaths() throws {
    let world = try TaxonomyFixture(documents: 8, groups: 4)
    let paths = ["Low/Alpha", "Low/Beta", "High/Gamma", "High/Delta"]
    try world.collection("known", .array((0..<4).map { ["vectors": ["v": TaxonomyFixture.axis($0)], "where": .string(paths[$0])] }))
    let id = try world.taxonomy(["path_field": "where", "inference_collections": ["known"]])
    // All of them lie at the corner 0, which is Low/Alpha by its vector.
    let cases: [(String, JSON, JSON)] = [
      ("leaf", "High/Gamma", ["High", "Gamma"]), ("inner", "High", ["High"]), ("list", ["Low", "Beta"], ["Low", "Beta"]),
      ("deeper", "High / Delta / Unknown", ["High", "Delta"]), ("stranger", "Nowhere/At all", ["Low", "Alpha"]), ("none", .null, ["Low", "Alpha"]),
    ]
    try world.collection(
      "mixed",
      .array(cases.map { name, path, _ in ["document_id": .string(name), "where": path, "vectors": ["v": TaxonomyFixture.axis(0)]] }))
    for _ in 0..<2 {
      try world.apply(id, to: "mixed")
      for (name, _, expected) in cases {
        let marks = try world.document(name, in: "mixed")["_internal"]
        #expect(marks?["_taxonomy_\(id)_path"] == expected, "\(name)")
      }
    }
    // A vector that has moved moves the document that has no path of its own, though a run gave it one.
    let body: JSON = ["vectors": ["v": TaxonomyFixture.axis(3)]]
    try world.store.call("update_document", path: ["collection_identifier": "mixed", "document_id": "none"], body: body)
    try world.apply(id, to: "mixed")
    #expect(try world.document("none", in: "mixed")["_internal"]?["_taxonomy_\(id)_path"] == ["High", "Delta"])
    #expect(try world.document("leaf", in: "mixed")["_internal"]?["_taxonomy_\(id)_score"] == .double(1))
    let trial = try world.store.call(
      "execute_taxonomy", path: ["taxonomy_identifier": id],
      body: ["source_documents": [["document_id": "inner", "collection_id": "mixed"]]])
    #expect(trial["matches"]?.array?.first?["path"] == ["High"])
  }

  @Test("a collection's node gives its own fields and those of the nodes above it")
  func inheritedFields() throws {
    let world = try TaxonomyFixture(documents: 8, groups: 2)
    try world.collection("staff", metadata: ["company": "Acme", "grade": "any"])
    try world.collection("bosses", [["vectors": ["v": TaxonomyFixture.axis(0)]]], metadata: ["grade": "high", "office": "corner"])
    try world.collection("others", [["vectors": ["v": TaxonomyFixture.axis(1)]]])
    func field(_ source: String, _ target: String) -> JSON { ["field_path": .string(source), "target_field": .string(target)] }
    func node(_ name: String, _ parent: JSON, _ fields: JSON) -> JSON {
      ["collection_id": .string(name), "parent_collection_id": parent, "enrichment_fields": fields]
    }
    let id = try world.taxonomy([
      "taxonomy_type": "hierarchical",
      "hierarchical_nodes": [
        node("staff", .null, [field("company", "employer"), field("label", "group")]),
        node("bosses", "staff", [field("office", "room"), field("grade", "group")]), node("others", "staff", .null),
      ],
    ])
    try world.apply(id)
    for document in try world.documents() {
      let isBoss = document["kind"]?.string == TaxonomyFixture.corners[0]
      #expect(document["employer"] == "Acme" && document["group"] == (isBoss ? "high" : "others"))
      #expect((document["room"] ?? .null) == (isBoss ? "corner" : .null) && document["tier1_id"] == nil)
    }
  }

  @Test("named examples move the anchors, or vote", arguments: ["nearest", "neighbors"])
  func examples(method: String) throws {
    let world = try TaxonomyFixture(documents: 30)
    // Nodes that lie where nothing is, and examples in the corners.
    try world.collection(
      "nodes",
      .array(
        (0..<3).map {
          ["document_id": .string("n\($0)"), "label": .string(TaxonomyFixture.corners[$0]), "vectors": ["v": TaxonomyFixture.axis(4 + $0)]]
        }))
    try world.collection(
      "labelled",
      .array((0..<9).map { ["is": .string($0 < 3 ? "n\($0)" : TaxonomyFixture.corners[$0 % 3]), "vectors": ["v": TaxonomyFixture.axis($0 % 3)]] }))
    let id = try world.taxonomy(
      ["source_collection": ["collection_id": "nodes"]],
      metadata: [
        "classification": ["method": .string(method), "n_neighbors": 3, "examples": ["collection_id": "labelled", "node_field": "is"]]
      ])
    try world.apply(id)
    #expect(try world.documents().allSatisfy { $0["label"] == $0["kind"] })
  }

  @Test("an incremental run touches new documents only, also in another collection; a new version begins anew")
  func incremental() throws {
    let world = try TaxonomyFixture(documents: 30)
    let id = try world.flat()
    #expect(try world.apply(id, ["incremental": true])["enriched"] == 30)
    try world.fixture.add(12, from: 30)
    let before = try world.document("d3")["_internal"]
    let second = try world.apply(id, ["incremental": true])
    #expect(second["processed"] == 12 && second["enriched"] == 12)
    #expect(try world.document("d3")["_internal"] == before)
    // A document that is given anew has lost its fields, so it is new.
    try world.fixture.add(1, from: 3)
    #expect(try world.document("d3")["category"] == nil && world.apply(id, ["incremental": true])["processed"] == 1)
    #expect(try world.document("d3")["category"] == "alpha")
    try world.store.call("create_taxonomy_version", path: ["taxonomy_id": id], body: ["source_collection": ["collection_id": "nodes"]])
    #expect(try world.apply(id, ["incremental": true])["processed"] == 42 && world.document("d3")["shelf"] == 10)

    try world.collection("results")
    let sources = try world.documents()
    #expect(try world.apply(id, ["incremental": true, "target_collection_id": "results"])["enriched"] == 42)
    #expect(try world.documents() == sources)
    let copy = try world.document("d4", in: "results")
    #expect(copy["label"] == "beta" && copy["kind"] == "beta" && copy["_internal"]?["source_document_id"] == "d4")
    try world.store.call("update_document", path: ["collection_identifier": "points", "document_id": "d4"], body: ["kind": "changed"])
    try world.fixture.add(2, from: 42)
    let last = try world.apply(id, ["incremental": true, "target_collection_id": "results"])
    #expect(last["enriched"] == 3 && last["unchanged"] == 41)
    #expect(try world.document("d4", in: "results")["kind"] == "changed" && world.documents("results").count == 44)
    #expect(try world.apply(id, ["target_collection_id": "results"])["unchanged"] == 44)
  }

  @Test("a field that holds the truth is compared with what was found, by label or identifier, and the share is told", arguments: [100, 1000])
  func accuracy(batchSize: Int64) throws {
    let world = try TaxonomyFixture(documents: 240)
    // The kind is the truth; that of some is told wrong, of others in another way, or not at all.
    for number in 0..<240 where number % 10 < 4 {
      let kind: JSON = [["kind": "gamma"], ["kind": .string("n\(number % 3)")], ["kind": "of no shelf"], ["kind": 5]][number % 10]
      try world.store.call(
        "update_document", path: ["collection_identifier": "points", "document_id": "d\(number)"], body: kind)
    }
    let id = try world.flat(["top_k": 2, "classification": ["truth_field": "kind"]])
    let outputs = try world.apply(id, ["batch_size": .int(batchSize)])
    // 24 each: of those told to be gamma a third are; the next are named by identifiers; two kinds do not count.
    #expect(outputs["accuracy"]?["documents"] == 192 && outputs["accuracy"]?["right"] == 176, "\(outputs.text)")
    #expect(outputs["accuracy"]?["accuracy"]?.double == 176.0 / 192 && outputs["accuracy"]?["right_among_top"]?.int ?? 0 >= 176)
    let told = try world.store.call("get_taxonomy", path: ["taxonomy_identifier": id])["config"]?["classification"]?["truth_field"]
    #expect(told == "kind")
    // Without it there is nothing to tell.
    let plain = try world.taxonomy(["source_collection": ["collection_id": "nodes"]], name: "plain")
    #expect(try world.apply(plain)["accuracy"] == nil)
    let error = #expect(throws: Problem.self) {
      try world.taxonomy(["source_collection": ["collection_id": "nodes"], "classification": ["truth_field": 3]], name: "wrong")
    }
    #expect(error?.path == "config.classification.truth_field")
  }

  @Test("filters narrow what is enriched; what is wrong fails before anything is written")
  func filters() throws {
    let world = try TaxonomyFixture(documents: 30)
    let id = try world.flat()
    let outputs = try world.apply(id, ["scroll_filters": ["kind": "alpha"]])
    #expect(outputs["processed"] == 10)
    #expect(try world.documents().filter { $0["category"] != nil }.allSatisfy { $0["kind"] == "alpha" })
    func refused(_ body: JSON, _ path: String) {
      #expect {
        try world.store.call("apply_taxonomy_to_collection", path: ["collection_identifier": "points"], body: body)
      } throws: { ($0 as? Problem)?.path == path }
    }
    refused([:], "taxonomy_id")
    refused(["taxonomy_id": "thinks"], "taxonomy_id")
    refused(["taxonomy_id": .string(id), "batch_size": 99], "batch_size")
    refused(["taxonomy_id": .string(id), "parallelism": 21], "parallelism")
    refused(["taxonomy_id": .string(id), "scroll_filters": ["OR": 3]], "scroll_filters.OR")
    refused(["taxonomy_id": .string(id), "target_collection_id": "nowhere"], "target_collection_id")
    try world.store.call(
      "create_collection",
      body: ["collection_name": "small", "vector_indexes": [["name": "v", "dimensions": 2, "metric": "cosine"]]])
    try world.apply(id, to: "small", expecting: "FAILED")
    for (name, value) in [
      ("filters", ["OR": 3] as JSON), ("taxonomy_id", "thinks"), ("collection_id", "nowhere"), ("target_collection_id", "nowhere"),
    ] {
      var config: JSONObject = ["taxonomy_id": .string(id), "collection_id": "points"]
      config[name] = value
      #expect {
        try world.fixture.trigger("interval", ["interval_seconds": 60], action: .object(config), kind: "taxonomy_enrichment")
      } throws: { ($0 as? Problem)?.path?.hasPrefix("action_config.\(name)") == true }
    }
  }

  @Test("a trigger enriches, its end is an event that starts others, and a loop is refused")
  func triggers() throws {
    let world = try TaxonomyFixture(documents: 30)
    let id = try world.flat()
    let enriching = try world.fixture.trigger(
      "interval", ["interval_seconds": 60],
      action: ["taxonomy_id": "things", "collection_id": "points", "target_collection_id": "null", "incremental": true, "batch_size": 100],
      kind: "taxonomy_enrichment")
    #expect(try world.fixture.read(enriching)["action_config"]?["taxonomy_id"]?.string == id)
    let listening = try world.fixture.trigger("event", ["event_type": "taxonomy.enrichment.completed", "event_threshold": 1])
    #expect {
      try world.fixture.trigger(
        "event", ["event_type": "taxonomy.enrichment.completed", "event_threshold": 1],
        action: ["taxonomy_id": .string(id), "collection_id": "points"],
        kind: "taxonomy_enrichment")
    } throws: { ($0 as? Problem)?.path == "schedule_config.event_type" }
    try world.store.advance(by: .seconds(60))
    #expect(try world.fixture.history(enriching).map { $0["status"] } == ["COMPLETED"])
    #expect(try world.fixture.history(listening).map { $0["status"] } == ["COMPLETED"])
    #expect(try world.documents().allSatisfy { $0["category"] == $0["kind"] })
    let events = try world.store.call("list_events", query: ["event_type": "taxonomy.enrichment.completed"])["results"]?.array ?? []
    let payload = events.first?["payload"]
    #expect(events.count == 1 && payload?["taxonomy_id"]?.string == id && payload?["enriched"] == 30 && payload?["trigger_id"]?.string == enriching)
    #expect(payload?["collection_id"]?.string?.hasPrefix("col_") == true)
    // A failed run is no completed one.
    try world.store.call("delete_collection", path: ["collection_identifier": "nodes"])
    try world.store.advance(by: .seconds(60))
    #expect(try world.fixture.history(enriching).first?["status"] == "FAILED")
    #expect(try world.fixture.history(listening).count == 1)
    try world.store.call("delete_taxonomy", path: ["taxonomy_identifier": id])
    #expect(try world.fixture.read(enriching)["status"] == "disabled")
  }

  @Test("scripts define taxonomies, try them and start enrichments")
  func scripts() throws {
    let world = try TaxonomyFixture(documents: 9)
    try world.nodes()
    let source = """
      local made = perigee.taxonomies.create{taxonomy_name = "things", config = {source_collection = {collection_id = "nodes"}}}
      assert(perigee.taxonomies.get("nothing") == nil and #perigee.taxonomies.list{} == 1)
      local tried = perigee.taxonomies.classify("things", {source_documents = {{document_id = "d1", collection_id = "points"}}})
      assert(tried.matches[1].label == "beta")
      local task = perigee.taxonomies.apply("points", {taxonomy_id = made.taxonomy_id})
      assert(perigee.tasks.wait(task.task_id).status == "COMPLETED")
      for document in perigee.documents.each{collection = "points"} do
        assert(document.label == document.kind and document._internal.processing.history[1].taxonomy_id == made.taxonomy_id)
      end
      perigee.taxonomies.create{taxonomy_name = "copy", config = made.config}
      assert(perigee.taxonomies.delete("copy") and not perigee.taxonomies.delete("copy"))
      """
    let host = world.store.host
    let namespaceID = try host.defaultNamespace(for: .local).id
    let outcome = try ScriptThread.run {
      let session = ScriptSession(host, namespaceID: namespaceID, trigger: nil, writes: .immediate, caller: .local) { _, _ in }
      return Interpreter(memory: 64 << 20).run(
        Script(name: "test", version: 1, source: source), kind: .batch, budget: ScriptKind.batch.budget, host: session
      ).outcome
    }
    if case .returned = outcome {} else { Issue.record("\(outcome)") }
    for document in try world.documents() { #expect(document["label"] == document["kind"]) }
  }

  @Test("a run that is cancelled keeps the pieces that it has written, and an incremental one does the rest")
  func cancelling() throws {
    let open = Mutex<Host?>(nil)
    let world = try TaxonomyFixture(documents: 450) { _, line in
      guard line.hasPrefix("task "), line.contains(": 200 of "), let host = open.withLock(\.self) else { return }
      let id = String(line.dropFirst(5).prefix { $0 != ":" })
      _ = try? Operation.named("cancel_task")?.perform(host, Call(caller: .local, path: ["task_id": id]))
    }
    let id = try world.flat()
    open.withLock { $0 = world.store.host }
    defer { open.withLock { $0 = nil } }
    let outputs = try world.apply(id, ["batch_size": 100], expecting: "CANCELED")
    #expect(outputs["progress"]?["processed"] == 200 && outputs["progress"]?["total"] == 450)
    #expect(try world.documents().count { $0["category"] != nil } == 200)
    #expect(try world.store.call("list_events", query: ["event_type": "taxonomy.enrichment.completed"])["results"] == [])
    open.withLock { $0 = nil }
    #expect(try world.apply(id, ["batch_size": 100, "incremental": true])["enriched"] == 250)
  }

  /// Copies the files of a store at the moment when its log says something for the second time: what a crash there leaves.
  private final class Crash: Sendable {
    let source = Mutex("")
    let copy = Mutex("")
    private let pieces = Mutex(0)

    func hear(_ line: String) {
      guard line.contains(" documents"),
        pieces.withLock({
          $0 += 1; return $0
        }) == 2
      else { return }
      let (from, to) = (source.withLock(\.self), copy.withLock(\.self))
      for ending in ["", "-wal"] {
        let (input, output) = (open(from + ending, O_RDONLY), open(to + ending, O_WRONLY | O_CREAT, 0o600))
        while sendfile(output, input, nil, 1 << 20) > 0 {}
        close(input)
        close(output)
      }
    }
  }

  @Test("a run that a crash interrupted goes on behind the last piece")
  func crash() throws {
    let crash = Crash()
    let world = try TaxonomyFixture(documents: 450) { _, line in crash.hear(line) }
    let id = try world.flat()
    crash.source.withLock { $0 = world.store.path }
    let after = try TemporaryStore(clock: world.store.clock)
    after.host.close()
    unlink(after.path)
    unlink(after.path + "-wal")
    unlink(after.path + "-shm")
    crash.copy.withLock { $0 = after.path }
    let whole = try world.apply(id, ["batch_size": 100])
    #expect(whole["processed"] == 450 && whole["batches"] == 5)
    let task = try world.store.call("list_tasks")["results"]?.array?.first?["task_id"]?.string ?? ""
    // The copy knows 200 documents and goes on with the rest.
    try after.reopen()
    try after.host.settle()
    let done = try after.call("get_task", path: ["task_id": task])
    #expect(done["status"] == "COMPLETED" && done["additional_data"]?["attempt"] == 2, "\(done.text)")
    let outputs = done["outputs"]?.array?.first
    #expect(outputs?["processed"] == 450 && outputs?["enriched"] == 450 && outputs?["batches"] == 5)
    let documents = try after.call("list_documents", path: ["collection_identifier": "points"], body: ["limit": 1000])["results"]?.array ?? []
    #expect(documents.count == 450 && documents.allSatisfy { $0["category"] == $0["kind"] })
    let updates = try after.call("list_events", query: ["event_type": "documents_updated", "limit": 100])["results"]?.array ?? []
    #expect(updates.compactMap { $0["count"]?.int }.reduce(0, +) == 450)
  }
}
