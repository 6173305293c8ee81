import Basics
import Clustering
import Model
import Store

/// Runs a cluster definition: loads the vectors, clusters them, and answers everything that has to be written, as one value.
struct ClusterAction {
  private let host: Host
  private let task: TaskRecord
  /// The action's configuration, after the before hook's overrides.
  private let config: JSONObject
  private let cancellation: Cancellation

  /// How many points the silhouette looks at: exact below, a seeded sample above.
  private static let silhouetteSample = 2_000
  private static let keywordCount = 10
  private static let representativeCount = 3

  init(_ host: Host, _ task: TaskRecord, _ config: JSONObject, _ cancellation: Cancellation) {
    self.host = host
    self.task = task
    self.config = config
    self.cancellation = cancellation
  }

  /// The run of a task has one name, also when a crash makes the task run twice.
  static func runID(of task: TaskRecord) -> String { Identifier.derived("run", from: task.id) }

  func perform(_ product: inout TaskRun.Product) throws(Problem) {
    let definition = try definition()
    let runID = Self.runID(of: task)
    let started = host.surroundings.now()
    var run = ClusterRun(
      id: runID, clusterID: definition.id, namespaceID: task.namespaceID, taskID: task.id, status: .processing, createdAt: task.createdAt)
    var opening = Transaction()
    // A run of that name is there already when a crash made the task start again.
    if try host.read({ reader throws(Problem) in try reader.run(runID, in: task.namespaceID) }) == nil {
      opening.insert(run)
    } else {
      opening.update(run)
    }
    try host.commit(opening)

    let filter = try filter(of: definition)
    let (collections, outputs, index, set, texts) = try load(definition, filter)
    try cancellation.check()
    guard set.count > 0 else {
      throw Problem(
        .invalid, "no document has a vector in index '\(index.name)'",
        hint: "Add documents with vectors to \(collections.map(\.name).joined(separator: ", "))",
        path: "collection_ids")
    }
    var matrix = try Matrix(rows: set.count, columns: index.dimensions, values: set.values)
    if definition.normalize, index.metric == .cosine { matrix = try matrix.normalised() }
    let threads = host.configuration.threads
    guard case .kmeans(let parameters) = definition.algorithm else { return }
    let clustering = try KMeans(
      clusters: parameters.clusters, maxIterations: parameters.maxIterations, tolerance: parameters.tolerance, runs: parameters.runs,
      seed: parameters.seed, threads: threads, spherical: parameters.spherical
    ).run(on: matrix, cancellation: cancellation)
    try cancellation.check()

    let keywords = try Keywords(count: Self.keywordCount).extract(texts, labels: clustering.labels)
    let scores = try ClusterScores(
      of: matrix, labels: clustering.labels, sampleSize: Self.silhouetteSample, seed: clustering.seed, threads: threads, cancellation: cancellation)
    let representatives = try Representatives.nearest(
      Self.representativeCount, in: matrix, labels: clustering.labels, centroids: clustering.centroids)
    for cluster in 0..<clustering.centroids.rows {
      let words = cluster < keywords.count ? keywords[cluster].words.map(\.text) : []
      let cohesion = cluster < scores.cohesion.count ? scores.cohesion[cluster] : nil
      run.groups.append(
        ClusterRun.Group(
          id: "cl_\(cluster)", members: clustering.sizes[cluster],
          label: words.isEmpty ? "Cluster \(cluster)" : words.prefix(3).joined(separator: ", "),
          keywords: words, meanCosine: cohesion?.meanCosine, minCosine: cohesion?.minimumCosine,
          representatives: representatives[cluster].map { .init(documentID: set.documentIDs[$0], collectionID: set.collectionIDs[$0]) },
          centroid: clustering.centroids[cluster]))
    }
    run.status = .completed
    run.points = set.count
    run.sourceDocuments = set.count
    run.seed = clustering.seed
    run.completedAt = host.surroundings.now()
    run.metrics = Self.metrics(scores, points: set.count)
    run.metrics["inertia"] = .double(clustering.inertia)
    run.metrics["iterations"] = .int(clustering.iterations)
    run.metrics["seconds"] = .double((host.surroundings.now() - started).inSeconds)

    var results = Transaction()
    results.update(run)
    results.pointCluster(definition.id, at: run.id, taskID: task.id, now: host.surroundings.now())
    let result = Result(run: run, set: set, labels: clustering.labels, distances: clustering.distances(in: matrix))
    try write(result, to: outputs, &results)
    product.writes.append(.statements(results))
    if definition.enrichSource { product.writes += enrichments(of: definition, collections, result) }
    product.run = run
    product.outputs = [
      "run_id": .string(run.id), "cluster_id": .string(definition.id), "num_clusters": .int(run.groups.count), "num_documents": .int(run.points),
      "output_collection_ids": .array(outputs.map { .string($0.id) }), "metrics": .object(run.metrics),
    ]
  }

  private static func metrics(_ scores: ClusterScores, points: Int) -> JSONObject {
    [
      "silhouette_score": .optional(scores.silhouette), "silhouette_sample": .int(scores.silhouetteRows),
      "davies_bouldin_index": .optional(scores.daviesBouldin),
      "calinski_harabasz_score": .optional(scores.calinskiHarabasz), "avg_cluster_size": .double(Double(points) / Double(max(1, scores.clusters))),
      "noise_ratio": .double(scores.noiseRatio), "cluster_size_entropy": .double(scores.sizeEntropy),
      "mean_cosine_to_centroid": .double(scores.meanCosine), "min_cosine_to_centroid": .double(scores.minimumCosine),
    ]
  }

  /// The last word on the run of a task that did not succeed; nil when its cluster is gone, and its runs with it.
  static func close(_ task: TaskRecord, _ status: ClusterRun.Status, error: Problem?, readers: Readers, at now: Instant) -> Write? {
    let id = runID(of: task)
    let clusterID = task.inputs["cluster_id"]?.string ?? ""
    let stored = try? readers.read { reader throws(Problem) in
      (run: try reader.run(id, in: task.namespaceID), cluster: try reader.cluster(clusterID, in: task.namespaceID))
    }
    guard let stored, stored.cluster != nil else { return nil }
    var run =
      stored.run
      ?? ClusterRun(
        id: id, clusterID: clusterID, namespaceID: task.namespaceID, taskID: task.id, status: status, createdAt: task.createdAt)
    run.status = status
    run.error = error?.description
    run.completedAt = now
    var transaction = Transaction()
    if stored.run == nil { transaction.insert(run) } else { transaction.update(run) }
    return .statements(transaction)
  }

  // MARK: - Reading

  private func definition() throws(Problem) -> ClusterDefinition {
    guard let name = config["cluster_id"]?.string else { throw Problem(.invalid, "the task names no cluster", path: "cluster_id") }
    guard let found = try host.read({ reader throws(Problem) in try reader.cluster(name, in: task.namespaceID) }) else {
      throw Problem(
        .notFound, "cluster '\(name)' does not exist", hint: "It was deleted after the trigger was made", path: "action_config.cluster_id")
    }
    return found
  }

  /// The definition's filter and the run's, both of which must hold.
  private func filter(of definition: ClusterDefinition) throws(Problem) -> Filter? {
    var filters: [Filter] = []
    if definition.filters != .null { filters.append(try Filter(definition.filters, path: "filters")) }
    if let own = config["filters"], own != .null { filters.append(try Filter(own, path: "action_config.filters")) }
    return filters.isEmpty ? nil : filters.count == 1 ? filters[0] : .all(filters)
  }

  private func load(
    _ definition: ClusterDefinition, _ filter: Filter?
  ) throws(Problem) -> (sources: [Collection], outputs: [Collection], VectorIndex, VectorSet, texts: [String]) {
    try host.read { reader throws(Problem) in
      func collections(_ ids: [String], _ path: String) throws(Problem) -> [Collection] {
        var found: [Collection] = []
        for id in ids {
          guard let collection = try reader.collection(id, in: task.namespaceID) else {
            throw Problem(.notFound, "collection '\(id)' does not exist", path: path)
          }
          found.append(collection)
        }
        return found
      }
      let sources = try collections(definition.collectionIDs, "collection_ids")
      let index = try Self.index(of: definition, in: sources)
      let set = try reader.vectors(of: sources.map(\.id), index: index.name, filter: filter)
      var texts: [String] = []
      texts.reserveCapacity(set.count)
      try reader.bodiesOfVectors(of: sources.map(\.id), index: index.name, filter: filter) { _, document throws(Problem) in
        texts.append(try Self.text(of: document.body, fields: definition.textFields))
      }
      let given = try Fields(.object(config)).strings("output_collection_ids")
      let outputs =
        if let given {
          try reader.outputs(given, of: definition, path: "output_collection_ids")
        } else {
          try collections(definition.outputCollectionIDs, "output_collection_ids")
        }
      return (sources, outputs, index, set, texts)
    }
  }

  /// The one vector index that is meant: named, or the only one; of the same dimension in every collection.
  static func index(of definition: ClusterDefinition, in collections: [Collection]) throws(Problem) -> VectorIndex {
    guard let first = collections.first else { throw Problem(.invalid, "there is no collection to cluster", path: "collection_ids") }
    let known = first.vectorIndexes.map(\.name)
    let name = definition.vectorIndex ?? known.first
    guard let name, let index = first.index(named: name), definition.vectorIndex != nil || known.count == 1 else {
      throw Problem(
        .invalid,
        known.isEmpty
          ? "collection '\(first.name)' has no vector index"
          : definition.vectorIndex.map { "collection '\(first.name)' has no vector index '\($0)'" }
            ?? "collection '\(first.name)' has \(known.count) vector indexes",
        hint: known.isEmpty ? "Create it with vector_indexes" : "Name one of: \(known.joined(separator: ", "))", path: "vector_config.feature_uris",
        didYouMean: definition.vectorIndex.flatMap { Suggestion.nearest(to: $0, in: known) })
    }
    for other in collections.dropFirst() where other.index(named: name)?.dimensions != index.dimensions {
      throw Problem(
        .invalid,
        "index '\(name)' has \(index.dimensions) dimensions in '\(first.name)' and \(other.index(named: name)?.dimensions ?? 0) in '\(other.name)'",
        path: "collection_ids")
    }
    return index
  }

  /// The words of a document: of the named fields, or of every string at its root. Where some strings have several words, those of one word
  /// are left out: they are categories and codes, and would name every cluster alike.
  private static func text(of body: UnsafeRawBufferPointer, fields: [String]?) throws(Problem) -> String {
    guard case .object(let object) = try JSON(parsing: body) else { return "" }
    var texts: [String] = []
    for member in object.members where fields?.contains(member.key) ?? true {
      if case .string(let text) = member.value { texts.append(text) }
    }
    let sentences = fields == nil ? texts.filter { $0.contains(" ") } : texts
    return (sentences.isEmpty ? texts : sentences).joined(separator: "\n")
  }

  // MARK: - Writing

  private struct Result {
    var run: ClusterRun
    var set: VectorSet
    var labels: [Int32]
    var distances: [Float]
  }

  /// One document per cluster and one per member; they replace what the last run left.
  private func write(_ result: Result, to outputs: [Collection], _ transaction: inout Transaction) throws(Problem) {
    let now = host.surroundings.now()
    for output in outputs {
      transaction.deleteDocuments(from: output.id, limit: .max)
      var position = try host.reservePositions(result.run.groups.count + result.set.count)
      func insert(_ document: Document) {
        transaction.insert(document, in: task.namespaceID, position: position)
        position += 1
      }
      for group in result.run.groups {
        var fields: JSONObject = [
          "is_centroid": true, "cluster_id": .string(group.id), "cluster_label": .string(group.label), "member_count": .int(group.members),
          "keywords": .array(group.keywords.map(JSON.string)), "run_id": .string(result.run.id),
        ]
        fields["representative_ids"] = .array(group.representatives.map { .string($0.documentID) })
        let vectors = output.vectorIndexes.first.map { [$0.name: group.centroid] } ?? [:]
        insert(
          Document(id: "\(result.run.id)_\(group.id)", collectionID: output.id, fields: fields, vectors: vectors, createdAt: now, updatedAt: now))
      }
      for (row, documentID) in result.set.documentIDs.enumerated() {
        let group = result.run.groups[Int(result.labels[row])]
        let fields: JSONObject = [
          "is_centroid": false, "cluster_id": .string(group.id), "cluster_label": .string(group.label), "source_document_id": .string(documentID),
          "source_collection_id": .string(result.set.collectionIDs[row]), "distance_to_centroid": .double(Double(result.distances[row])),
        ]
        let id = Identifier.derived("doc", from: output.id, result.set.collectionIDs[row], documentID)
        insert(Document(id: id, collectionID: output.id, fields: fields, createdAt: now, updatedAt: now))
      }
      transaction.recountDocuments(output.id)
    }
  }

  /// The result as fields of the source documents; those deleted since they were read are left out.
  private func enrichments(of definition: ClusterDefinition, _ collections: [Collection], _ result: Result) -> [Write] {
    let mapping = definition.enrichment.isEmpty ? ["cluster_id": "cluster_id", "cluster_label": "cluster_label"] : definition.enrichment
    var changes: [String: [DocumentWrite.Change]] = [:]
    for (row, documentID) in result.set.documentIDs.enumerated() {
      let group = result.run.groups[Int(result.labels[row])]
      var fields = JSONObject()
      for (source, target) in mapping.sorted(by: { $0.key < $1.key }) {
        fields[target] =
          switch source {
          case "cluster_id": .string(group.id)
          case "cluster_label": .string(group.label)
          case "distance_to_centroid": .double(Double(result.distances[row]))
          case "member_count": .int(group.members)
          default: .array(group.keywords.map(JSON.string))
          }
      }
      changes[result.set.collectionIDs[row], default: []].append(.patch(id: documentID, .init(fields: fields, skipsMissing: true)))
    }
    return collections.compactMap { collection in
      changes[collection.id].map {
        .documents(DocumentWrite(namespaceID: task.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: $0))
      }
    }
  }
}
