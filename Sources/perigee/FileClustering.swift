import Basics
import Clustering
import Model

/// `perigee cluster FILE`: vectors in, labels and scores out, without a store.
struct FileClustering {
  private let path: String
  private let invocation: Invocation
  private let dimensions: Int?
  private let parameters: Algorithm.KMeansParameters
  private let threads: Int

  /// How many rows the silhouette looks at: exact below, a seeded sample above.
  private static let silhouetteSample = 2_000

  init(_ path: String, _ invocation: Invocation) throws(Problem) {
    self.path = path
    self.invocation = invocation
    dimensions = try invocation.int("dim", in: 1...1 << 20)
    threads = try invocation.threads()
    let algorithm = try Algorithm(
      named: invocation.text("algorithm") ?? "kmeans", try invocation.algorithmParameters(), path: "--params", nameAt: "--algorithm")
    guard case .kmeans(let parameters) = algorithm else {
      throw Problem(.unsupported, "'\(algorithm.name)' does not work on files", hint: "Give --algorithm kmeans", path: "--algorithm")
    }
    self.parameters = parameters
  }

  func run() throws(Problem) -> ExitCode {
    let (ticks, console) = (invocation.surroundings.ticks, invocation.console)
    let start = ticks()
    let matrix = try readVectors(path, dimensions: dimensions)
    let initial = try invocation.text("init").map { file throws(Problem) in
      try readVectors(file, dimensions: file.hasSuffix(".npy") ? nil : matrix.columns)
    }
    let loaded = ticks()
    let kmeans = KMeans(
      clusters: parameters.clusters, maxIterations: parameters.maxIterations, tolerance: parameters.tolerance, runs: parameters.runs,
      seed: parameters.seed, threads: threads, initial: initial, spherical: parameters.spherical)
    let cancellation = Cancellation()
    Interrupts.handle { cancellation.cancel() }
    var progress = Progress("clustering", noun: "iterations", console, invocation.surroundings)
    var iterations = 0
    let result = try kmeans.run(on: matrix, cancellation: cancellation) { step in
      iterations += 1
      progress.show(iterations, fraction: nil)
    }
    progress.clear()
    let clustered = ticks()
    if let file = invocation.text("labels") { try VectorFile.write(labels: result.labels, to: file) }
    let scores = try ClusterScores(
      of: matrix, labels: result.labels, sampleSize: Self.silhouetteSample, seed: parameters.seed, threads: threads, cancellation: cancellation)
    let seconds = (load: (loaded - start).inSeconds, cluster: (clustered - loaded).inSeconds)
    if invocation.wantsJSON {
      write(result, scores, seconds)
    } else {
      show(matrix, result, scores, seconds)
    }
    return .ok
  }

  private static func metrics(_ scores: ClusterScores) -> [(name: String, value: Double?)] {
    [
      ("silhouette_score", scores.silhouette), ("davies_bouldin_index", scores.daviesBouldin), ("calinski_harabasz_score", scores.calinskiHarabasz),
      ("noise_ratio", scores.noiseRatio), ("cluster_size_entropy", scores.sizeEntropy), ("mean_cosine_to_centroid", scores.meanCosine),
      ("min_cosine_to_centroid", scores.minimumCosine),
    ]
  }

  private func write(_ result: KMeansResult, _ scores: ClusterScores, _ seconds: (load: Double, cluster: Double)) {
    var writer = JSONWriter(capacity: result.labels.count * 4 + 1024)
    writer.beginObject()
    writer.key("labels")
    writer.beginArray()
    for label in result.labels { writer.int(Int64(label)) }
    writer.endArray()
    writer.member("n_clusters", .int(result.centroids.rows))
    writer.member("inertia", .double(result.inertia))
    writer.member("iterations", .int(result.iterations))
    writer.member("converged", .bool(result.converged))
    writer.member("sizes", .array(result.sizes.map(JSON.int)))
    writer.member("seed", .int(Int64(bitPattern: result.seed)))
    writer.member("metrics", .object(JSONObject(members: Self.metrics(scores).map { .init(key: $0.name, value: .optional($0.value)) })))
    writer.member("seconds", ["load": .double(seconds.load), "cluster": .double(seconds.cluster)])
    writer.endObject()
    invocation.console.out.write(writer.bytes + [0x0A])
  }

  private func show(_ matrix: Matrix, _ result: KMeansResult, _ scores: ClusterScores, _ seconds: (load: Double, cluster: Double)) {
    let console = invocation.console
    let largest = max(1, result.sizes.max() ?? 1)
    var table = Table([.init("cluster", .right), .init("members", .right), .init("cosine", .right), .init("")])
    for cluster in result.sizes.indices.sorted(by: { (result.sizes[$0], $1) > (result.sizes[$1], $0) }) {
      let size = result.sizes[cluster]
      table.add(
        "\(cluster)", Format.count(size), cluster < scores.cohesion.count ? Format.fixed(scores.cohesion[cluster].meanCosine, 3) : "",
        console.out.isTerminal ? String(repeating: "▪", count: max(1, size * 40 / largest)) : "")
    }
    table.print(to: console)
    console.say("")
    console.say(
      "\(Format.count(matrix.rows)) × \(matrix.columns) in \(result.sizes.count) clusters, \(Format.count(result.iterations, "iteration")) in \(Format.duration(.seconds(seconds.cluster))) (loaded in \(Format.duration(.seconds(seconds.load))))"
    )
    let shown = Self.metrics(scores).compactMap { metric in metric.value.map { "\(metric.name) \(Format.number($0))" } }
    console.say("inertia \(Format.number(result.inertia)), \(shown.joined(separator: ", "))")
    if !result.converged {
      console.say("\(console.err.styled("note:", .yellow)) the centroids still moved: raise max_iter above \(parameters.maxIterations)")
    }
  }
}
