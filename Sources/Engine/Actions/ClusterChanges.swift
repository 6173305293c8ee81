import Basics
import Clustering
import Model
import Store

/// What became of the clusters since the run before: whose place each new one takes, and what was born, died, split or merged.
///
/// A cluster that holds at least half of what its predecessor held keeps its number, its identifier and its name, so that what people and
/// triggers know by `cl_7` stays what it was. Runs without a common document are matched by their centroids.
struct ClusterChanges {
  /// By cluster of the new run: the number that it bears from now on.
  private(set) var numbers: [Int32]
  /// By number: the name that a cluster inherits.
  private(set) var names: [Int32: String] = [:]
  /// The first number that no run has given out.
  private(set) var next: Int32
  /// As the run shows it; nil for the first run.
  private(set) var json: JSON?
  /// The share of common documents that went to another cluster.
  private(set) var churn: Double?
  /// Agreement of the two runs on common documents, corrected for chance.
  private(set) var agreement: (ari: Double, ami: Double)?

  /// `labels` are those of the new run's documents; `earlier` the members of the run before, where they are kept.
  init(_ clusters: Int, labels: [Int32], centroids: Matrix, before run: ClusterRun?, earlier: EarlierMembers?) throws(Problem) {
    numbers = (0..<Int32(clusters)).map { $0 }
    next = Int32(clusters)
    guard let run, !run.groups.isEmpty else { return }
    let known = run.groups.compactMap { ClusterRun.number(of: $0.id) }
    let first = max(Int32(clamping: run.details["next_cluster_number"]?.int ?? 0), (known.max() ?? -1) + 1)
    let matching: LabelMatching
    if let earlier, earlier.common > 0 {
      let both = labels.indices.filter { earlier.rows[$0] >= 0 }
      let (past, present) = (both.map { earlier.members.labels[Int(earlier.rows[$0])] }, both.map { labels[$0] })
      matching = try LabelMatching(past, present)
      let compared = try LabelComparison(past, present)
      agreement = (compared.adjustedRandIndex, compared.adjustedMutualInformation)
    } else {
      let stored = run.groups.filter { $0.centroid.count == centroids.columns && ClusterRun.number(of: $0.id) != nil }
      guard !stored.isEmpty, clusters > 0 else {
        renumber([:], first)
        return
      }
      let found = try LabelMatching(centroids: Matrix(stored.map(\.centroid)), centroids)
      // There a cluster is its place in the list.
      var kept: [Int32: Int32] = [:]
      for pair in found.pairs where pair.kept { kept[pair.after] = ClusterRun.number(of: stored[Int(pair.before)].id) }
      renumber(kept, first)
      inherit(kept, from: run)
      json = describe(found, by: "centroids", kept, known, before: { ClusterRun.number(of: stored[Int($0)].id) ?? $0 })
      return
    }
    var kept: [Int32: Int32] = [:]
    for pair in matching.pairs where pair.kept && pair.after >= 0 { kept[pair.after] = pair.before }
    renumber(kept, first)
    inherit(kept, from: run)
    churn = matching.labelChurn
    json = describe(matching, by: "documents", kept, known, before: { $0 })
  }

  /// Clusters without a predecessor get numbers that no cluster ever had.
  private mutating func renumber(_ kept: [Int32: Int32], _ first: Int32) {
    next = first
    for cluster in numbers.indices {
      if let number = kept[Int32(cluster)] {
        numbers[cluster] = number
      } else {
        numbers[cluster] = next
        next += 1
      }
    }
  }

  private mutating func inherit(_ kept: [Int32: Int32], from run: ClusterRun) {
    for number in kept.values {
      if let group = run.groups.first(where: { ClusterRun.number(of: $0.id) == number }) { names[number] = run.label(of: group) }
    }
  }

  /// `known`: the numbers of the run before. Clusters of documents that only one of the runs knows are born or dead as well.
  private func describe(
    _ matching: LabelMatching, by how: String, _ kept: [Int32: Int32], _ known: [Int32], before: (Int32) -> Int32
  ) -> JSON {
    func name(_ number: Int32) -> JSON { .string(number < 0 ? ClusterRun.noiseID : "cl_\(number)") }
    func after(_ cluster: Int32) -> Int32 { numbers[Int(cluster)] }
    let (stayed, clusters) = (Set(kept.values), numbers.indices.map(Int32.init))
    return [
      "matched_by": .string(how), "common_documents": .int(matching.rows), "label_churn": .optional(matching.labelChurn),
      "kept": .array(
        matching.pairs.filter { $0.kept && $0.after >= 0 }.map { ["cluster_id": name(after($0.after)), "overlap": .double($0.overlap)] }),
      "births": .array(clusters.filter { kept[$0] == nil }.map { name(after($0)) }),
      "deaths": .array(known.filter { !stayed.contains($0) }.map(name)),
      "splits": .array(
        matching.splits.map { ["cluster_id": name(before($0.one)), "into": .array($0.many.filter { $0 >= 0 }.map { name(after($0)) })] }),
      "merges": .array(
        matching.merges.filter { $0.one >= 0 }.map { ["cluster_id": name(after($0.one)), "of": .array($0.many.map { name(before($0)) })] }),
    ]
  }
}
