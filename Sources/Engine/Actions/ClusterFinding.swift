import Basics
import Clustering
import Model
import Store

/// What a run found, ready to be written: groups, and for each document its group and its place.
struct ClusterFinding {
  var groups: [ClusterRun.Group] = []
  var documentIDs: [String] = []
  var collectionIDs: [String] = []
  /// By document: the number of its group (`cl_7` is 7), -1 for noise.
  var labels: [Int32] = []
  var distances: [Float] = []
  var probabilities: [Float] = []
  /// The map: its dimensions, and so many numbers per document.
  var dimensions = 0
  var coordinates: [Float] = []
  var metrics = JSONObject()
  var details = JSONObject()
  var seed: UInt64 = 0
  /// What the run looked at; documents, but in a composite run the clusters of others.
  var points = 0

  /// What a builder needs beside the vectors.
  struct Surroundings {
    var threads: Int
    var memoryLimit: Int
    var cancellation: Cancellation
    /// Told which share is done, where that is known.
    var progress: (Double?) -> Void
  }

  /// Up to so many rows the silhouette is exact; beyond it, a seeded sample is looked at.
  private static let silhouetteSample = 5_000
  private static let keywordCount = 10
  private static let representativeCount = 3
  /// Of one cluster's share of all: beyond it the run says little.
  private static let dominant = 0.95

  /// Clusters the vectors by the definition's algorithm, and matches what it found with the run before.
  static func full(
    _ definition: ClusterDefinition, _ options: ClusterOptions, _ source: ClusterSource, before run: ClusterRun?, earlier: EarlierMembers?,
    _ surroundings: Surroundings
  ) throws(Problem) -> ClusterFinding {
    let matrix = try source.matrix(definition)
    let cancellation = surroundings.cancellation
    let seed = definition.algorithm.seed ?? 42
    let prepared = try Preparation(options.steps, threads: surroundings.threads).apply(to: matrix, cancellation: cancellation)
    let clusterer = Clusterer(definition.algorithm, threads: surroundings.threads, memoryLimit: surroundings.memoryLimit)
    let sampled = options.sampleSize.map { $0 < matrix.rows } ?? false
    var outcome: Clusterer.Outcome
    if sampled, let size = options.sampleSize {
      let chosen = Preparation.sample(of: matrix.rows, size, seed: seed)
      outcome = try clusterer.run(on: prepared.selecting(chosen), cancellation: cancellation, progress: surroundings.progress)
      // The others go to the cluster that is nearest.
      if outcome.clusters > 0 {
        let others = try CentroidAssignment(of: prepared, to: outcome.centroids, threads: surroundings.threads, cancellation: cancellation)
        var labels = others.labels
        for (place, row) in chosen.enumerated() { labels[row] = outcome.labels[place] }
        outcome.labels = labels
      } else {
        outcome.labels = [Int32](repeating: -1, count: matrix.rows)
      }
      outcome.sizes = Clusterer.sizes(outcome.labels, outcome.clusters)
      (outcome.probabilities, outcome.outlierScores) = (nil, nil)
      outcome.notes["sample_size"] = .int(size)
    } else {
      outcome = try clusterer.run(on: prepared, cancellation: cancellation, progress: surroundings.progress)
    }
    try cancellation.check()
    // Centroids are kept in the documents' own space, where new ones can be compared with them.
    let centroids =
      options.steps.isEmpty && !sampled && outcome.centroids.columns == matrix.columns
      ? outcome.centroids : try Clusterer.means(of: matrix, outcome.labels, outcome.clusters)
    let changes = try ClusterChanges(
      outcome.clusters, labels: outcome.labels, centroids: centroids, before: run, earlier: earlier)

    var finding = ClusterFinding()
    finding.details = outcome.notes
    finding.details["mode"] = "full"
    finding.details["next_cluster_number"] = .int(Int64(changes.next))
    finding.seed = outcome.seed
    if let json = changes.json { finding.details["changes"] = json }
    let scores = try finding.score(matrix, outcome.labels, surroundings)
    if let inertia = outcome.inertia { finding.metrics["inertia"] = .double(inertia) }
    if let iterations = outcome.iterations { finding.metrics["iterations"] = .int(iterations) }
    if let churn = changes.churn { finding.metrics["label_churn"] = .double(churn) }
    if let agreement = changes.agreement {
      finding.metrics["ari"] = .double(agreement.ari)
      finding.metrics["ami"] = .double(agreement.ami)
    }
    finding.name(outcome.labels, outcome.sizes, try Keywords(count: keywordCount).extract(source.texts, labels: outcome.labels), scores, changes)
    try finding.represent(matrix, outcome.labels, centroids, source.set)
    finding.take(source.set, outcome.labels.map { $0 < 0 ? -1 : changes.numbers[Int($0)] })
    finding.distances = matrix.distances(to: centroids, outcome.labels)
    finding.probabilities = outcome.probabilities?.map { Float($0) } ?? []
    try finding.draw(matrix, options, before: earlier, surroundings)
    return finding
  }

  mutating func take(_ set: VectorSet, _ numbers: [Int32]) {
    (documentIDs, collectionIDs, labels, points) = (set.documentIDs, set.collectionIDs, numbers, set.count)
  }

  @discardableResult
  mutating func score(_ matrix: Matrix, _ labels: [Int32], _ surroundings: Surroundings) throws(Problem) -> ClusterScores {
    let scores = try ClusterScores(
      of: matrix, labels: labels, sampleSize: Self.silhouetteSample, seed: seed, threads: surroundings.threads,
      cancellation: surroundings.cancellation)
    metrics["silhouette_score"] = .optional(scores.silhouette)
    metrics["silhouette_sample"] = .int(scores.silhouetteRows)
    metrics["davies_bouldin_index"] = .optional(scores.daviesBouldin)
    metrics["calinski_harabasz_score"] = .optional(scores.calinskiHarabasz)
    metrics["avg_cluster_size"] = .double(Double(labels.count { $0 >= 0 }) / Double(max(1, scores.clusters)))
    metrics["noise_ratio"] = .double(scores.noiseRatio)
    metrics["cluster_size_entropy"] = .double(scores.sizeEntropy)
    metrics["mean_cosine_to_centroid"] = .double(scores.meanCosine)
    metrics["min_cosine_to_centroid"] = .double(scores.minimumCosine)
    let largest = Double(scores.cohesion.map(\.size).max() ?? 0) / Double(max(1, labels.count))
    let trouble: (String, String)? =
      scores.clusters == 0
      ? ("all_noise", "no document belongs to a cluster")
      : scores.clusters == 1
        ? ("single_cluster", "all are in one cluster")
        : largest > Self.dominant
          ? ("dominant_cluster", "one cluster holds \(Explanation.short(largest * 100)) % of the documents") : nil
    metrics["degenerate"] = trouble.map { .string($0.0) } ?? false
    if let trouble { metrics["degenerate_detail"] = .string(trouble.1) }
    return scores
  }

  /// Groups with their words, in the order of their sizes' clusters; a name that people know stays.
  private mutating func name(
    _ labels: [Int32], _ sizes: [Int], _ keywords: [Keywords.Summary], _ scores: ClusterScores, _ changes: ClusterChanges
  ) {
    for cluster in sizes.indices {
      let words = cluster < keywords.count ? keywords[cluster].words.map(\.text) : []
      let cohesion = cluster < scores.cohesion.count ? scores.cohesion[cluster] : nil
      let number = changes.numbers[cluster]
      groups.append(
        ClusterRun.Group(
          id: "cl_\(number)", members: sizes[cluster],
          label: changes.names[number] ?? (words.isEmpty ? "Cluster \(number)" : words.prefix(3).joined(separator: ", ")),
          keywords: words, meanCosine: cohesion?.meanCosine, minCosine: cohesion?.minimumCosine, representatives: [], centroid: []))
    }
  }

  private mutating func represent(_ matrix: Matrix, _ labels: [Int32], _ centroids: Matrix, _ set: VectorSet) throws(Problem) {
    guard !groups.isEmpty else { return }
    let representatives = try Representatives.nearest(Self.representativeCount, in: matrix, labels: labels, centroids: centroids)
    for cluster in groups.indices {
      groups[cluster].centroid = centroids[cluster]
      groups[cluster].representatives = representatives[cluster].map { .init(documentID: set.documentIDs[$0], collectionID: set.collectionIDs[$0]) }
    }
  }

  mutating func draw(
    _ matrix: Matrix, _ options: ClusterOptions, before earlier: EarlierMembers?, _ surroundings: Surroundings
  ) throws(Problem) {
    let map = try ClusterMap(
      of: matrix, options, before: earlier, seed: seed, threads: surroundings.threads, cancellation: surroundings.cancellation)
    (dimensions, coordinates) = (map.dimensions, map.coordinates)
    details["layout_stability_applied"] = .string(map.stability.applied)
    details["layout_stability_reason"] = .string(map.stability.reason)
  }
}
