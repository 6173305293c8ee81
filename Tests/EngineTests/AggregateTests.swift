import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Aggregates") struct AggregateTests {
  private let store: TemporaryStore
  private static let collection = ["collection_identifier": "sales"]

  init() throws {
    store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "sales"])
    let rows: [JSON] = [
      ["document_id": "a", "kind": "tea", "price": 3, "at": "2026-03-02T08:30:00Z", "tags": ["hot", "green"], "item": ["weight": 2]],
      ["document_id": "b", "kind": "tea", "price": 4.5, "at": "2026-03-31T23:59:59Z", "tags": ["hot"], "item": ["weight": 0.25]],
      ["document_id": "c", "kind": "coffee", "price": 10, "at": "2026-04-01T00:00:00Z", "tags": []],
      ["document_id": "d", "kind": "coffee", "price": "free", "at": 1_767_225_600, "tags": ["hot", true, nil, 7]],
      ["document_id": "e", "kind": true, "price": 20, "at": "someday"],
      ["document_id": "f", "kind": 1, "price": 25],
      ["document_id": "g", "kind": nil, "price": -1],
      ["document_id": "h"],
    ]
    try store.call("upsert_documents", path: Self.collection, body: ["documents": .array(rows)])
  }

  private func aggregate(_ body: JSON) throws(Problem) -> [String] {
    let answer = try store.call("aggregate_documents", path: Self.collection, body: body)
    return (answer["results"]?.array ?? []).map { "\($0["group"]?.text ?? "") \($0["metrics"]?.text ?? "")" }
  }

  @Test("of all documents are a count of those that pass the filter")
  func counts() throws {
    #expect(try aggregate(["aggregations": [["function": "count", "alias": "n"]]]) == [#"{} {"n":8}"#])
    #expect(try aggregate(["aggregations": [["function": "count", "field": "price", "alias": "n"]]]) == [#"{} {"n":7}"#])
    #expect(try aggregate(["aggregations": [["function": "count", "alias": "n"]], "filters": ["kind": "tea"]]) == [#"{} {"n":2}"#])
  }

  @Test("keep apart what JSON keeps apart: true is not 1, and a missing field is null")
  func groups() throws {
    let found = try aggregate(["group_by": [["field": "kind", "alias": "k"]], "aggregations": [["function": "count", "alias": "n"]]])
    #expect(Set(found) == [#"{"k":"tea"} {"n":2}"#, #"{"k":"coffee"} {"n":2}"#, #"{"k":true} {"n":1}"#, #"{"k":1} {"n":1}"#, #"{"k":null} {"n":2}"#])
  }

  @Test(
    "compute",
    arguments: [
      ("sum", "price", "tea", "7.5"), ("sum", "price", "coffee", "10"), ("avg", "price", "tea", "3.75"), ("min", "price", "tea", "3"),
      ("max", "price", "tea", "4.5"), ("min", "price", "coffee", "10"), ("max", "at", "tea", #""2026-03-31T23:59:59Z""#),
      ("first", "price", "coffee", "10"),
      ("last", "price", "coffee", #""free""#), ("push", "price", "coffee", #"[10,"free"]"#), ("count_distinct", "tags", "tea", "2"),
      ("push", "item.weight", "tea", "[2,0.25]"), ("avg", "item.weight", "coffee", "null"), ("sum", "missing", "tea", "0"),
      ("first", "missing", "tea", "null"), ("add_to_set", "kind", "tea", #"["tea"]"#),
    ])
  func metrics(function: String, field: String, kind: String, expected: String) throws {
    let found = try aggregate([
      "group_by": [["field": "kind"]], "filters": ["kind": .string(kind)],
      "aggregations": [["function": .string(function), "field": .string(field), "alias": "m"]],
    ])
    #expect(found == [#"{"kind":"\#(kind)"} {"m":\#(expected)}"#])
  }

  @Test(
    "cut dates",
    arguments: [
      ("date_trunc", "month", "a", #""2026-03-01T00:00:00Z""#), ("date_trunc", "week", "a", #""2026-03-02T00:00:00Z""#),
      ("date_trunc", "week", "c", #""2026-03-30T00:00:00Z""#), ("date_trunc", "day", "b", #""2026-03-31T00:00:00Z""#),
      ("date_trunc", "year", "d", #""2026-01-01T00:00:00Z""#), ("date_trunc", "hour", "a", #""2026-03-02T08:00:00Z""#),
      ("date_trunc", "day", "e", "null"),
      ("date_part", "week", "a", "10"), ("date_part", "week", "d", "1"), ("date_part", "dayOfWeek", "a", "2"), ("date_part", "dayOfYear", "c", "91"),
      ("date_part", "minute", "a", "30"), ("date_part", "hour", "h", "null"),
    ])
  func dates(word: String, unit: String, id: String, expected: String) throws {
    let found = try aggregate([
      "group_by": [["field": "at", "alias": "t", .init(word): .string(unit)]], "filters": ["document_id": .string(id)],
      "aggregations": [["function": "count", "alias": "n"]],
    ])
    #expect(found == [#"{"t":\#(expected)} {"n":1}"#])
  }

  @Test("count by ranges: N boundaries make N + 1, a value on a boundary is in the lower one")
  func ranges() throws {
    let count: JSON = [["function": "count", "alias": "n"]]
    let found = try aggregate(["range_buckets": [["field": "price", "boundaries": [0, 10, 20]]], "aggregations": count])
    #expect(
      Set(found) == [
        #"{"price":"<0"} {"n":1}"#, #"{"price":"0-10"} {"n":3}"#, #"{"price":"10-20"} {"n":1}"#, #"{"price":">20"} {"n":1}"#,
        #"{"price":"other"} {"n":2}"#,
      ])
    let named = try aggregate(["range_buckets": [["field": "price", "boundaries": [0, 10], "default_bucket": "rest"]], "aggregations": count])
    #expect(Set(named) == [#"{"price":"0-10"} {"n":3}"#, #"{"price":"rest"} {"n":5}"#])
  }

  @Test("unwind arrays: each item counts, with its own type")
  func unwinding() throws {
    let found = try aggregate([
      "unwind": "tags", "group_by": [["field": "tags"]], "aggregations": [["function": "count", "alias": "n"]], "sort_by": "n",
    ])
    #expect(found.first == #"{"tags":"hot"} {"n":3}"#)
    #expect(Set(found.dropFirst()) == [#"{"tags":"green"} {"n":1}"#, #"{"tags":true} {"n":1}"#, #"{"tags":null} {"n":1}"#, #"{"tags":7} {"n":1}"#])
  }

  @Test("show the groups that 'having' lets pass, sorted and limited; the total knows the rest")
  func having() throws {
    let body: JSON = [
      "group_by": [["field": "kind"]], "aggregations": [["function": "count", "alias": "n"], ["function": "sum", "field": "price", "alias": "s"]],
      "having": [["field": "n", "operator": "gte", "value": 1], ["field": "s", "operator": "ne", "value": 20]], "sort_by": "s", "limit": 2,
    ]
    let answer = try store.call("aggregate_documents", path: Self.collection, body: body)
    #expect(answer["total_groups"] == 4 && answer["results"]?.array?.map { $0["metrics"]?["s"] } == [25, 10], "\(answer.text)")
  }

  @Test("sum what is too large for whole numbers, and never fail over it")
  func overflow() throws {
    let large = JSON.int(Int64.max)
    try store.call("upsert_documents", path: Self.collection, body: ["documents": [["kind": "x", "price": large], ["kind": "x", "price": large]]])
    let found = try store.call(
      "aggregate_documents", path: Self.collection,
      body: ["group_by": [["field": "kind"]], "filters": ["kind": "x"], "aggregations": [["function": "sum", "field": "price", "alias": "s"]]])
    #expect(found["results"]?.array?.first?["metrics"]?["s"]?.double == 2 * Double(Int64.max))
  }

  @Test(
    "refuse what means nothing",
    arguments: [
      (#"{}"#, "aggregations"), (#"{"aggregations": []}"#, "aggregations"),
      (#"{"aggregations": [{"function": "cont", "alias": "n"}]}"#, "aggregations[0].function"),
      (#"{"aggregations": [{"function": "sum", "alias": "n"}]}"#, "aggregations[0].field"),
      (#"{"aggregations": [{"function": "sum", "field": "x", "alias": "n"}]}"#, "group_by"),
      (#"{"aggregations": [{"function": "count", "alias": "n"}], "sort_by": "m"}"#, "sort_by"),
      (#"{"aggregations": [{"function": "count", "alias": "n"}, {"function": "count", "alias": "n"}]}"#, "aggregations"),
      (#"{"aggregations": [{"function": "count", "alias": "n"}], "having": [{"field": "m", "operator": "gt", "value": 1}]}"#, "having[0].field"),
      (
        #"{"aggregations": [{"function": "count", "alias": "n"}], "range_buckets": [{"field": "x", "boundaries": [2, 1]}]}"#,
        "range_buckets[0].boundaries"
      ),
      (
        #"{"aggregations": [{"function": "count", "alias": "n"}], "group_by": [{"field": "x", "date_trunc": "day", "date_part": "day"}]}"#,
        "group_by[0].date_part"
      ),
      (#"{"aggregations": [{"function": "count", "alias": "n"}], "group_by": [{"field": "a\"b"}]}"#, "field"),
    ])
  func refused(body: String, path: String) throws {
    let error = #expect(throws: Problem.self) { try aggregate(JSON(parsing: body)) }
    #expect(error?.path == path && (error?.kind == .invalid || error?.kind == .tooLarge), "\(error?.description ?? "")")
  }

  @Test("distinct values come the most frequent first, without null, and say when they are cut")
  func distinct() throws {
    let all = try store.call("distinct_document_values", path: Self.collection, body: ["field": "kind"])
    #expect(all["total_distinct"] == 4 && all["values"]?.array?.map { $0["count"] } == [2, 2, 1, 1] && all["query_info"] == [:], "\(all.text)")
    let cut = try store.call("distinct_document_values", path: Self.collection, body: ["field": "kind", "limit": 1])
    #expect(cut["values"]?.array?.count == 1 && cut["query_info"]?["truncated"] == true)
    let some = try store.call("distinct_document_values", path: Self.collection, body: ["field": "item.weight", "filters": ["kind": "tea"]])
    #expect(Set(some["values"]?.array?.compactMap { $0["value"]?.double } ?? []) == [2, 0.25])
  }
}
