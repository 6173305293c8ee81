import Basics
import Model
import Testing

@testable import Store

@Suite("Filters") struct FilterTests {
  @Test("mean in SQL what they mean in plain code, for random filters over random documents", arguments: 1...4 as ClosedRange<UInt64>)
  func agreement(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let store = try TemporaryStore()
    try store.fill((0..<150).map { _ in Self.object(&random, depth: 0) })
    try store.read { reader throws(Problem) in
      let all = try reader.documents(DocumentQuery(namespaceID: "ns_1", page: Page(limit: 1000))).items
      for _ in 0..<150 {
        let filter = Self.filter(&random, depth: 0)
        let expected = all.filter { $0.json().object.map(filter.matches) ?? false }.map(\.id)
        let query = DocumentQuery(namespaceID: "ns_1", filter: filter, page: Page(limit: 1000, includeTotal: true))
        let found = try reader.documents(query)
        #expect(found.items.map(\.id) == expected, "\(filter)")
        #expect(found.total == Int64(expected.count))
      }
    }
  }

  @Test("with long lists of values mean the same as with short ones", arguments: 1...3 as ClosedRange<UInt64>)
  func longLists(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let store = try TemporaryStore()
    try store.fill((0..<150).map { _ in Self.object(&random, depth: 0) })
    try store.read { reader throws(Problem) in
      let all = try reader.documents(DocumentQuery(namespaceID: "ns_1", page: Page(limit: 1000))).items
      for round in 0..<40 {
        var values = (0..<20).map { JSON.int($0 + 1000) } + (0..<round % 8).map { _ in Self.scalar(&random) }
        if round % 3 == 0 { values.append(["abc"]) }
        let filter = Filter.compare(field: Self.keys.randomElement(using: &random) ?? "a", round % 2 == 0 ? .in : .nin, .array(values))
        let expected = all.filter { $0.json().object.map(filter.matches) ?? false }.map(\.id)
        #expect(
          try reader.documents(DocumentQuery(namespaceID: "ns_1", filter: filter, page: Page(limit: 1000))).items.map(\.id) == expected, "\(filter)")
      }
    }
  }

  /// A hundred thousand parameters took SQLite forty seconds to read, and no deadline stops it there.
  @Test("of any size are answered or refused at once")
  func sizes() throws {
    let store = try TemporaryStore()
    try store.fill([["n": 5], ["n": 99_999]])
    func found(_ filter: Filter) throws(Problem) -> Int {
      try store.read { reader throws(Problem) in try reader.documents(DocumentQuery(namespaceID: "ns_1", filter: filter)).items.count }
    }
    let started = ContinuousClock.now
    #expect(try found(.compare(field: "n", .in, .array((0..<100_000).map { .int($0) }))) == 2)
    #expect(try found(.any((0..<1000).map { .compare(field: "f\($0)", .eq, 5) } + [.compare(field: "n", .eq, 5)])) == 1)
    for filter in [
      Filter.compare(field: "n", .in, .array((0...100_000).map { .int($0) })), .any((0..<10_000).map { .compare(field: "n", .eq, .int($0)) }),
      .compare(field: "n", .in, .array((0..<10_000).map { [.int($0)] })),
    ] {
      #expect { try found(filter) } throws: { ($0 as? Problem)?.kind == .tooLarge }
    }
    #expect(ContinuousClock.now - started < .seconds(10))
  }

  // Small pools, so that things are often equal, nearly equal, or of another type.
  static let keys = ["a", "b", "ä key", "e-f", "c"]
  static let texts = [
    "", "1", "true", "null", "abc", "ABC", "Ärger", "ärger", "a%c", "x_y", "[\"abc\"]", "2024-01-01", "naïve", "ß\u{1F600}",
  ]
  static let numbers: [JSON] = [0, 1, 1.0, -1, 0.1, 9_007_199_254_740_993, 9007199254740992.0, 1e300, -2.5, .int(Int64.max), .int(Int64.min)]

  static func scalar(_ random: inout SeededRandom) -> JSON {
    switch random.next() % 8 {
    case 0: .null
    case 1: .bool(random.next() % 2 == 0)
    case 2...4: numbers.randomElement(using: &random) ?? 0
    default: .string(texts.randomElement(using: &random) ?? "")
    }
  }

  static func value(_ random: inout SeededRandom, depth: Int) -> JSON {
    switch random.next() % 6 {
    case 0 where depth < 2: .object(object(&random, depth: depth + 1))
    case 1: .array((0..<random.next() % 4).map { _ in scalar(&random) })
    default: scalar(&random)
    }
  }

  static func object(_ random: inout SeededRandom, depth: Int) -> JSONObject {
    var result = JSONObject()
    for key in keys where random.next() % 3 > 0 { result[key] = value(&random, depth: depth) }
    return result
  }

  static func filter(_ random: inout SeededRandom, depth: Int) -> Filter {
    if depth < 3, random.next() % 3 == 0 {
      let inner = (0..<(1 + random.next() % 3)).map { _ in filter(&random, depth: depth + 1) }
      return [Filter.all(inner), .any(inner), .none(inner)][Int(random.next() % 3)]
    }
    switch random.next() % 20 {
    case 0: return .mentions((texts + ["B", "Ä", "doc_1"]).randomElement(using: &random) ?? "")
    case 1: return .share(Int64(random.next() % 3), of: 3)
    default: break
    }
    var field = (0..<(1 + random.next() % 2)).map { _ in keys.randomElement(using: &random) ?? "a" }.joined(separator: ".")
    let comparison = Filter.Comparison.allCases.randomElement(using: &random) ?? .eq
    if random.next() % 12 == 0 { field = "document_id" }
    switch comparison {
    case .in, .nin: return .compare(field: field, comparison, .array((0..<random.next() % 5).map { _ in value(&random, depth: 1) }))
    case .contains, .startsWith, .endsWith, .text:
      let part = (texts + ["b", "DOC_1", "Ä", "%", "_", "ER"]).randomElement(using: &random) ?? ""
      return maybeExact(.compare(field: field, comparison, .string(part)), &random)
    case .regex:
      let pattern = ["^a", "B", "ä.*r$", "\\d+-", "(ab|x)_?", "[^a-z]$", "^$"].randomElement(using: &random) ?? ""
      return maybeExact(.compare(field: field, comparison, .string(pattern)), &random)
    case .phrase, .words:
      let words = ["abc", "ABC", "x y", "ärger", "2024 01", "01 2024", "naïve", ""].randomElement(using: &random) ?? ""
      return maybeExact(.compare(field: field, comparison, .string(words)), &random)
    case .exists, .isNull: return .compare(field: field, comparison, [.null, .bool(true), .bool(false)][Int(random.next() % 3)])
    case .gt, .lt, .gte, .lte:
      return .compare(
        field: field, comparison,
        random.next() % 2 == 0 ? numbers.randomElement(using: &random) ?? 0 : .string(texts.randomElement(using: &random) ?? ""))
    case .eq, .ne: return .compare(field: field, comparison, value(&random, depth: 1))
    }
  }

  private static func maybeExact(_ filter: Filter, _ random: inout SeededRandom) -> Filter { random.next() % 2 == 0 ? .exact(filter) : filter }

  @Test(
    "find what a reader of the grammar expects",
    arguments: [
      (["status": "active"], ["0", "3"]),
      (["field": "status", "operator": "ne", "value": "active"], ["1", "2"]),
      (["field": "status", "operator": "exists"], ["0", "1", "3"]),
      (["field": "status", "operator": "is_null"], ["2"]),
      (["field": "price", "operator": "gte", "value": 10], ["1", "3"]),
      (["field": "price", "operator": "eq", "value": "10"], ["2"]),
      (["field": "tags", "operator": "contains", "value": "red"], ["0", "2", "3"]),
      (["field": "name", "operator": "contains", "value": "BIRD"], ["1", "3"]),
      (["field": "name", "operator": "starts_with", "value": "black"], ["1"]),
      (["field": "name", "operator": "ends_with", "value": "100%"], ["2"]),
      (["field": "name", "operator": "text", "value": "éclair"], ["0"]),
      (["field": "name", "operator": "regex", "value": "^black.*\\bpie$"], []),
      (["field": "name", "operator": "regex", "value": "^BLACK\\w+"], ["1"]),
      (["field": "name", "operator": "regex", "value": "^BLACK\\w+", "case_sensitive": true], []),
      (["case_sensitive": true, "AND": [["field": "name", "operator": "contains", "value": "Éc", "case_sensitive": false]]], ["0"]),
      (["case_sensitive": true, "AND": [["field": "name", "operator": "contains", "value": "éc", "case_sensitive": false]]], []),
      (["field": "name", "operator": "words", "value": "éclairs"], []),
      (["field": "name", "operator": "phrase", "value": "éclair"], ["0"]),
      (["field": "maker.country", "operator": "in", "value": ["FR", "DE"]], ["1"]),
      (["NOT": [["field": "maker.country", "operator": "eq", "value": "FR"], ["status": "active"]]], ["2"]),
      (["OR": [["price": 5], ["AND": [["status": "idle"], ["price": 10.0]]]]], ["0", "1"]),
      (["field": "_internal.created_at", "operator": "gte", "value": "2024-01-01T01:00:00+01:00"], ["0", "1", "2", "3"]),
      (["field": "_internal.created_at", "operator": "gt", "value": "2024-01-01"], []),
      (["field": "document_id", "operator": "in", "value": ["doc_1", "doc_7"]], ["1"]),
    ] as [(JSON, [String])])
  func table(filter: JSON, expected: [String]) throws {
    let store = try TemporaryStore()
    try store.fill([
      ["status": "active", "price": 5, "tags": ["red", "blue"], "name": "Éclair"],
      ["status": "idle", "price": 10, "tags": [], "name": "Blackbird", "maker": ["country": "FR"]],
      ["status": nil, "price": "10", "tags": ["red"], "name": "cotton 100%"],
      ["status": "active", "price": 12.5, "tags": "redder", "name": "a bird"],
    ])
    let query = DocumentQuery(namespaceID: "ns_1", filter: try Filter(filter, path: "filters"))
    let found = try store.read { reader throws(Problem) in try reader.documents(query) }
    #expect(found.items.map(\.id) == expected.map { "doc_" + $0 })
  }

  @Test("refuse fields and values that cannot be compared, and name them")
  func refusals() throws {
    let store = try TemporaryStore()
    try store.fill([["a": 1]])
    for (field, value) in [("a..b", "x"), ("say \"hi\"", "x"), ("_internal.created_at", "yesterday")] as [(String, JSON)] {
      let query = DocumentQuery(namespaceID: "ns_1", filter: .compare(field: field, .eq, value))
      let problem = #expect(throws: Problem.self) { try store.read { reader throws(Problem) in try reader.documents(query) } }
      #expect(problem?.kind == .invalid && problem?.message.contains(field) == true && problem?.hint != nil)
    }
  }

  @Test("take thousands of values and conditions, and keep quotes out of the SQL")
  func size() throws {
    let store = try TemporaryStore()
    try store.fill([["a": 4999], ["a": "'); DROP TABLE documents; --"]])
    let filters: [Filter] = [
      .compare(field: "a", .in, .array((0..<5000).map { .int($0) })), .any((0..<5000).map { .compare(field: "a", .eq, .int($0)) }),
      .compare(field: "a", .eq, "'); DROP TABLE documents; --"),
    ]
    for filter in filters { #expect(try store.read { reader throws(Problem) in try reader.count("col_1", filter: filter) } == 1) }
  }
}
