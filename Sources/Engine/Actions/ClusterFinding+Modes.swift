import Basics
import Clustering
import Glibc
import Model
import Store

extension ClusterFinding {
  // MARK: - Assign

  /// Puts documents into the groups of an earlier run: each into the one whose centroid points most nearly its way, or, below the threshold,
  /// into none. Groups keep their numbers and names; the centroids take in the documents that were not there before.
  static func assign(
    _ definition: ClusterDefinition, _ options: ClusterOptions, _ source: ClusterSource, to run: ClusterRun, earlier: EarlierMembers?,
    threshold: Double,
    _ surroundings: Surroundings
  ) throws(Problem) -> ClusterFinding {
    let matrix = try source.matrix(definition)
    let known = run.groups.filter { $0.centroid.count == matrix.columns && ClusterRun.number(of: $0.id) != nil }
    guard !known.isEmpty else {
      throw Problem(
        .invalid, "run '\(run.id)' has no centroids of \(matrix.columns) dimensions to assign to", hint: "Run in mode \"full\" first", path: "mode")
    }
    let centroids = try Matrix(known.map(\.centroid))
    let found = try Nearest(centroids: centroids, threshold: threshold, threads: surroundings.threads).assign(
      matrix, cancellation: surroundings.cancellation)
    var finding = ClusterFinding()
    finding.seed = run.seed
    finding.groups = known
    try finding.fold(matrix, found.labels, known, earlier)
    finding.details = ["mode": "assign", "assigned_from": .string(run.id), "assignment_threshold": .double(threshold)]
    for key in ["algorithm", "algorithm_params", "next_cluster_number"] { finding.details[key] = run.details[key] }
    finding.details["new_documents"] = .int(source.set.count - (earlier?.common ?? 0))
    finding.take(source.set, found.labels.map { $0 < 0 ? -1 : ClusterRun.number(of: known[Int($0)].id) ?? -1 })
    for (place, size) in Clusterer.sizes(found.labels, known.count).enumerated() { finding.groups[place].members = size }
    try finding.score(matrix, found.labels, surroundings)
    finding.distances = matrix.distances(to: centroids, found.labels)
    finding.probabilities = found.similarities.map { Float($0) }
    try finding.draw(matrix, options, before: earlier, surroundings)
    return finding
  }

  /// Moves the centroids by the documents that the run before did not see: each is a mean, and a mean can go on.
  private mutating func fold(
    _ matrix: Matrix, _ labels: [Int32], _ known: [ClusterRun.Group], _ earlier: EarlierMembers?
  ) throws(Problem) {
    guard let earlier else { return }
    let fresh = labels.indices.filter { labels[$0] >= 0 && earlier.rows[$0] < 0 }
    guard !fresh.isEmpty else { return }
    var running = try RunningCentroids(
      counts: known.map(\.members), sums: known.flatMap { group in group.centroid.map { Double($0) * Double(group.members) } },
      dimensions: matrix.columns)
    try running.add(matrix.selecting(fresh), labels: fresh.map { labels[$0] })
    let moved = try running.centroids()
    for place in groups.indices where running.counts[place] > 0 { groups[place].centroid = moved[place] }
  }

  // MARK: - Composite

  /// Clusters the centroids of other runs: which groups of theirs are the same.
  static func composite(
    _ definition: ClusterDefinition, of runs: [ClusterRun], _ surroundings: Surroundings
  ) throws(Problem) -> ClusterFinding {
    var rows: [(run: ClusterRun, group: ClusterRun.Group)] = []
    for run in runs { rows += run.groups.filter { !$0.centroid.isEmpty }.map { (run, $0) } }
    guard let first = rows.first, rows.count >= 2 else {
      throw Problem(.invalid, "the runs have fewer than two centroids", hint: "Name completed runs of vector clusters", path: "source_execution_ids")
    }
    guard rows.allSatisfy({ $0.group.centroid.count == first.group.centroid.count }) else {
      throw Problem(
        .invalid, "the runs' centroids have different dimensions", hint: "Name runs over the same kind of vectors", path: "source_execution_ids")
    }
    let matrix = try Matrix(rows.map(\.group.centroid))
    let outcome = try Clusterer(definition.algorithm, threads: surroundings.threads, memoryLimit: surroundings.memoryLimit).run(
      on: matrix, cancellation: surroundings.cancellation, progress: surroundings.progress)
    let centroids = try Clusterer.means(of: matrix, outcome.labels, outcome.clusters)
    var finding = ClusterFinding()
    finding.seed = outcome.seed
    finding.points = rows.count
    finding.details = outcome.notes
    finding.details["mode"] = "composite"
    finding.details["source_execution_ids"] = .array(runs.map { .string($0.id) })
    finding.details["next_cluster_number"] = .int(outcome.clusters)
    let scores = try finding.score(matrix, outcome.labels, surroundings)
    var mapping = JSONObject()
    for cluster in outcome.sizes.indices {
      let parts = rows.indices.filter { outcome.labels[$0] == Int32(cluster) }
      let largest = parts.max { (rows[$0].group.members, $1) < (rows[$1].group.members, $0) }
      mapping["cl_\(cluster)"] = .array(
        parts.map { part in
          [
            "source_run_id": .string(rows[part].run.id), "original_cluster_id": .string(rows[part].group.id),
            "num_members": .int(rows[part].group.members),
          ]
        })
      finding.groups.append(
        ClusterRun.Group(
          id: "cl_\(cluster)", members: parts.reduce(0) { $0 + rows[$1].group.members },
          label: largest.map { rows[$0].run.label(of: rows[$0].group) } ?? "Cluster \(cluster)",
          keywords: largest.map { rows[$0].group.keywords } ?? [],
          meanCosine: cluster < scores.cohesion.count ? scores.cohesion[cluster].meanCosine : nil,
          minCosine: cluster < scores.cohesion.count ? scores.cohesion[cluster].minimumCosine : nil,
          representatives: largest.map { rows[$0].group.representatives } ?? [], centroid: centroids[cluster]))
    }
    finding.details["composite_mapping"] = .object(mapping)
    return finding
  }

  // MARK: - Attributes

  /// Documents read at most, so that a mistake in a definition does not take all memory.
  private static let attributeLimit = 5_000_000

  /// Groups documents by the values of some fields: one group for each combination, or with a hierarchy also one for each of its beginnings.
  /// Documents that lack one of the fields belong to none.
  static func attributes(
    _ grouping: AttributeGrouping, _ definition: ClusterDefinition, _ filter: Filter?, before run: ClusterRun?, in reader: Reader
  ) throws(Problem) -> ClusterFinding {
    var finding = ClusterFinding()
    var places: [String: Int32] = [:]
    var names: [[String]] = []
    var counts: [Int] = []
    var parents: [Int32] = []
    func place(_ values: [String]) -> Int32 {
      let key = values.joined(separator: "\u{1F}")
      if let known = places[key] { return known }
      let parent = grouping.isHierarchical && values.count > 1 ? place(values.dropLast()) : -1
      let number = Int32(names.count)
      places[key] = number
      names.append(values)
      counts.append(0)
      parents.append(parent)
      return number
    }
    try reader.bodies(of: definition.collectionIDs, in: definition.namespaceID, filter: filter) { document throws(Problem) in
      let body = try JSON(parsing: document.body).object ?? JSONObject()
      let values = grouping.attributes.compactMap { name -> String? in
        guard let value = body.value(at: name) else { return nil }
        return value.string ?? value.text
      }
      var number: Int32 = -1
      if values.count == grouping.attributes.count {
        number = place(values)
        var up = number
        while up >= 0 {
          counts[Int(up)] += 1
          up = parents[Int(up)]
        }
      }
      finding.documentIDs.append(document.id)
      finding.collectionIDs.append(document.collectionID)
      finding.labels.append(number)
      return finding.documentIDs.count < attributeLimit
    }
    guard !finding.documentIDs.isEmpty else {
      throw Problem(.invalid, "there is no document to group", hint: "Add documents, or widen the filters", path: "collection_ids")
    }
    finding.points = finding.documentIDs.count
    finding.distances = [Float](repeating: 0, count: finding.points)
    // A group is known by its values, so it keeps its number from run to run.
    var numbers: [String: Int32] = [:]
    for group in run?.groups ?? [] {
      if let number = ClusterRun.number(of: group.id) { numbers[group.keywords.joined(separator: "\u{1F}")] = number }
    }
    var next = max(Int32(clamping: run?.details["next_cluster_number"]?.int ?? 0), (numbers.values.max() ?? -1) + 1)
    var final: [Int32] = []
    for values in names {
      if let known = numbers[values.joined(separator: "\u{1F}")] {
        final.append(known)
      } else {
        final.append(next)
        next += 1
      }
    }
    finding.labels = finding.labels.map { $0 < 0 ? -1 : final[Int($0)] }
    var hierarchy: [JSON] = []
    for (place, values) in names.enumerated() {
      if parents[place] >= 0 {
        hierarchy.append(["parent_cluster_id": .string("cl_\(final[Int(parents[place])])"), "cluster_id": .string("cl_\(final[place])")])
      }
      finding.groups.append(
        ClusterRun.Group(
          id: "cl_\(final[place])", members: counts[place], label: values.joined(separator: " / "), keywords: values, meanCosine: nil, minCosine: nil,
          representatives: [], centroid: []))
    }
    let sizes = names.indices.filter { names[$0].count == grouping.attributes.count }.map { counts[$0] }
    let total = Double(max(1, sizes.reduce(0, +)))
    var entropy = 0.0
    for size in sizes where size > 0 { entropy -= Double(size) / total * log(Double(size) / total) }
    finding.metrics = [
      "avg_cluster_size": .double(total / Double(max(1, sizes.count))), "cluster_size_entropy": .double(entropy),
      "noise_ratio": .double(Double(finding.labels.count { $0 < 0 }) / Double(finding.points)), "degenerate": .bool(sizes.count < 2),
    ]
    finding.details = [
      "mode": "full", "algorithm": "attribute_based", "algorithm_params": .object(grouping.json), "next_cluster_number": .int(Int64(next)),
    ]
    if grouping.isHierarchical { finding.details["hierarchy_relationships"] = .array(hierarchy) }
    return finding
  }
}
