import Basics
import Clustering

extension Command {
  static let compare = Command(
    name: "compare", summary: "Compare two labelings of the same rows",
    positionals: [
      Positional("BEFORE", .one, "Labels: .npy, .csv, .txt, .json or raw int32; the truth, where one of them is"),
      Positional("AFTER", .one, "Labels of the same rows in the same order"),
    ],
    options: [],
    examples: [
      Example("perigee compare monday.npy tuesday.npy", "how far they agree, and which cluster became which"),
      Example("perigee compare truth.csv labels.csv --json", "for programs"),
    ],
    notes: """
      rand, ari: pairs of rows that both put together or both apart, and the same corrected for chance. mi, nmi, ami:
      mutual information in nats, normalised, and corrected for chance. fmi: Fowlkes and Mallows. In JSON rand is also
      called ri, and fmi fowlkes_mallows. A cluster keeps its name when it overlaps its pair by at least half;
      label_churn is the share of rows that did not stay with theirs.
      """
  ) { invocation throws(Problem) in
    let (before, after) = (try LabelFile.read(invocation.words[0]), try LabelFile.read(invocation.words[1]))
    guard before.count == after.count, !before.isEmpty else {
      throw Problem(
        .invalid, "'\(invocation.words[0])' has \(Format.count(before.count, "label")), '\(invocation.words[1])' \(Format.count(after.count))",
        hint: "Give labels of the same rows in the same order")
    }
    let scores = LabelAgreement(try LabelComparison(before, after))
    let matching = try LabelMatching(before, after)
    if invocation.wantsJSON {
      var json = scores.json
      for member in matching.json.members { json[member.key] = member.value }
      invocation.console.print(.object(json))
      return .ok
    }
    let console = invocation.console
    var table = Table([.init("before", .right), .init("after", .right), .init("common", .right), .init("overlap", .right), .init("")])
    for pair in matching.pairs {
      table.add("\(pair.before)", "\(pair.after)", Format.count(pair.rows), Format.fixed(pair.overlap, 3), pair.kept ? "kept" : "another")
    }
    table.print(to: console)
    console.say("")
    for (name, list) in [("born", matching.births), ("gone", matching.deaths)] where !list.isEmpty {
      console.say("\(name): \(list.map(String.init).joined(separator: ", "))")
    }
    for change in matching.splits { console.say("split: \(change.one) into \(change.many.map(String.init).joined(separator: ", "))") }
    for change in matching.merges { console.say("merged: \(change.many.map(String.init).joined(separator: ", ")) into \(change.one)") }
    console.say(scores.line + ", label_churn \(Format.number(matching.labelChurn ?? 0))")
    return .ok
  }
}

/// The external scores under the names that commands give them.
private struct LabelAgreement {
  private let scores: [(name: String, value: Double)]

  init(_ comparison: LabelComparison) {
    scores = [
      ("rand", comparison.randIndex), ("ari", comparison.adjustedRandIndex), ("mi", comparison.mutualInformation),
      ("nmi", comparison.normalisedMutualInformation), ("ami", comparison.adjustedMutualInformation), ("homogeneity", comparison.homogeneity),
      ("completeness", comparison.completeness), ("v_measure", comparison.vMeasure), ("fmi", comparison.fowlkesMallows),
    ]
  }

  /// What others call two of them stands beside.
  private static let synonyms = ["rand": "ri", "fmi": "fowlkes_mallows"]

  var json: JSONObject {
    JSONObject(
      members: scores.flatMap { score in
        [score.name, Self.synonyms[score.name]].compactMap { $0 }.map { JSONObject.Member(key: $0, value: .double(score.value)) }
      })
  }
  var line: String { scores.map { "\($0.name) \(Format.number($0.value))" }.joined(separator: ", ") }
}

extension LabelMatching {
  fileprivate var json: JSONObject {
    func list(_ labels: [Int32]) -> JSON { .array(labels.map { .int(Int64($0)) }) }
    return [
      "rows": .int(rows), "matched": .int(matched), "label_churn": .optional(labelChurn),
      "pairs": .array(
        pairs.map { pair in
          [
            "before": .int(Int64(pair.before)), "after": .int(Int64(pair.after)), "rows": .int(pair.rows), "overlap": .double(pair.overlap),
            "kept": .bool(pair.kept),
          ]
        }),
      "births": list(births), "deaths": list(deaths),
      "splits": .array(splits.map { ["before": .int(Int64($0.one)), "after": list($0.many)] }),
      "merges": .array(merges.map { ["before": list($0.many), "after": .int(Int64($0.one))] }),
    ]
  }
}
