import Basics
import Testing

@testable import perigee

@Suite("Exit codes") struct ExitCodeTests {
  @Test("follow from the kind of problem, every kind")
  func kinds() {
    let table: [Problem.Kind: Int32] = [
      .invalid: 2, .malformed: 2, .unsupported: 2, .tooLarge: 2, .notFound: 3, .conflict: 4, .unauthorized: 5, .forbidden: 5, .unavailable: 6,
      .cancelled: 130, .script: 1, .budget: 1, .tooMany: 1, .internal: 1,
    ]
    for kind in Problem.Kind.allCases { #expect(ExitCode(kind).rawValue == table[kind], "\(kind)") }
  }
}

@Suite("Problems on standard error") struct ProblemTextTests {
  @Test("name place, fact, near miss and hint, and everything else that is wrong")
  func whole() {
    let problem = Problem(
      .invalid, "unknown algorithm 'kmean'", hint: "For example \"kmeans\"", path: "--algorithm", didYouMean: "kmeans",
      others: [Problem(.invalid, "n_clusters is 0", path: "--params.n_clusters")])
    let recorder = Recorder()
    ProblemText.say(problem, on: recorder.console())
    #expect(recorder.out.isEmpty)
    expectSnapshot(recorder.err, "problem.txt")
  }

  @Test("show the line of a script, without its escape sequences")
  func script() {
    let problem = Problem(.script, "job.lua, line 3: attempt to index a nil value", details: ["line": 3, "source_line": "x = doc.y.z\u{1B}[2J"])
    #expect(ProblemText.lines(problem, Recorder().console().err)[1] == "       3 | x = doc.y.z [2J")
  }

  @Test("are the same whether the store or a server tells them")
  func remote() throws {
    let body = try JSON(
      parsing: """
        {"success":false,"status":404,"error":{"message":"collection_identifier: collection 'wordz' does not exist. Did you mean 'words'? There are: words",
        "type":"NotFoundError","code":"notFound","details":{"path":"collection_identifier","hint":"There are: words","did_you_mean":"words"}}}
        """)
    let local = Problem(.notFound, "collection 'wordz' does not exist", hint: "There are: words", path: "collection_identifier", didYouMean: "words")
    #expect(Connection.problem(status: 404, body) == local)
    #expect(Connection.problem(status: 502, nil).kind == .internal)
  }

  @Test("in addresses are encoded", arguments: [("a b/c", "a%20b%2Fc"), ("ä", "%C3%A4"), ("A-z_0.~", "A-z_0.~"), ("100%", "100%25")])
  func encoded(text: String, expected: String) { #expect(percentEncoded(text) == expected) }
}

@Suite("Triggers in words") struct TriggerTextTests {
  private static let now = Instant(seconds: 1_748_779_200)

  @Test("say when they fire next")
  func next() {
    let cron: JSON = ["status": "active", "trigger_type": "cron", "next_scheduled_at": "2025-06-01T12:05:00Z"]
    #expect(TriggerText.next(cron, Self.now) == "in 5m 00s")
    let event: JSON = ["status": "active", "trigger_type": "event", "event_counter": 60, "schedule_config": ["event_threshold": 300]]
    #expect(TriggerText.next(event, Self.now) == "60 of 300 events")
    #expect(TriggerText.next(["status": "paused", "trigger_type": "cron", "next_scheduled_at": "2025-06-01T12:05:00Z"], Self.now) == "–")
    #expect(TriggerText.next(["status": "active", "trigger_type": "interval", "next_scheduled_at": "2025-06-01T11:59:00Z"], Self.now) == "due")
  }

  @Test("show the numbers of a decision, not its cost")
  func detail() {
    let evaluation: JSON = ["detail": ["value": 0.0651, "threshold": 0.05, "log": ["one", "two"], "cost": ["instructions": 5]]]
    #expect(TriggerText.detail(evaluation) == "value 0.0651, threshold 0.0500, log: one; two")
  }
}

@Suite("The demo's data") struct DemoDataTests {
  @Test("are 700 documents, then 300 of other categories, with vectors of length one")
  func data() throws {
    let entries = try DemoData().entries
    #expect(entries.count == 1000)
    #expect(entries.prefix(700).allSatisfy { $0.wave == 1 })
    #expect(entries.suffix(300).allSatisfy { $0.wave == 2 })
    #expect(Set(entries.map(\.id)).count == 1000)
    let first = Set(entries.prefix(700).compactMap { $0.fields["category"]?.string })
    let second = Set(entries.suffix(300).compactMap { $0.fields["category"]?.string })
    #expect(first.isDisjoint(with: second))
    for entry in entries {
      let length = entry.vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(length - 1) < 0.01)
      #expect(entry.vector.count == DemoData.dimensions)
    }
  }
}

@Suite("Exported lines") struct ExportingTests {
  @Test("hold what an import needs, and the vectors once")
  func line() throws {
    let document: JSON = [
      "document_id": "a", "collection_id": "col_1", "text": "x", "vector": [0.5, 0.10000000149011612],
      "vectors": ["vector": [0.5, 0.10000000149011612]],
      "_internal": ["created_at": "2025"],
    ]
    func written(_ document: JSON, apart index: (name: String, dimensions: Int)? = nil) throws -> (line: String, vector: [Float]) {
      var writer = JSONWriter()
      let vector = try Exporting.write(document, apart: index, to: &writer)
      return (String(decoding: writer.bytes, as: UTF8.self), vector)
    }
    let whole = try written(document)
    #expect(whole.line == "{\"document_id\":\"a\",\"text\":\"x\",\"vectors\":{\"vector\":[0.5,0.1]}}\n")
    #expect(whole.vector.isEmpty)
    let apart = try written(document, apart: (name: "vector", dimensions: 2))
    #expect(apart.line == "{\"document_id\":\"a\",\"text\":\"x\"}\n")
    #expect(apart.vector == [0.5, 0.1])
    #expect(throws: Problem.self) { try written(["document_id": "b"], apart: (name: "vector", dimensions: 2)) }
  }
}
