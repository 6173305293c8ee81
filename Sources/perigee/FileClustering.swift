import Basics
import Clustering
import Engine
import Model

/// `perigee cluster FILE`: vectors in, labels and scores out, without a store.
struct FileClustering {
  private let path: String
  private let invocation: Invocation
  private let dimensions: Int?
  private let algorithm: Algorithm
  private let steps: [ClusterOptions.Step]
  private let threads: Int

  /// Up to so many rows the silhouette is exact; beyond it, a seeded sample of them is looked at unless exact scores are asked for.
  private static let silhouetteSample = 10_000

  private typealias Seconds = (load: Double, cluster: Double, metrics: Double)

  init(_ path: String, _ invocation: Invocation) throws(Problem) {
    self.path = path
    self.invocation = invocation
    dimensions = try invocation.int("dim", in: 1...1 << 20)
    threads = try invocation.threads()
    for option in ["labels", "centroids"] {
      if let file = invocation.text(option) { try checkWritable(file, option: "--\(option)") }
    }
    let name = invocation.text("algorithm") ?? "kmeans"
    guard name != "attribute_based" else {
      throw Problem(
        .invalid, "'attribute_based' groups documents by their fields", hint: "Give a --collection, or another algorithm", path: "--algorithm")
    }
    var parameters = try invocation.algorithmParameters().object ?? JSONObject()
    steps = try ClusterOptions(Fields(.object(parameters), path: "--params")).steps
    parameters["preprocessing_steps"] = nil
    algorithm = try Algorithm(named: name, .object(parameters), path: "--params", nameAt: "--algorithm")
    if invocation.has("init"), parameters["init"] != nil {
      throw Problem(
        .invalid, "the file of --init and \"init\" in --params both say where to begin", hint: "Give one of them", path: "--params.init")
    }
    if invocation.has("init"), algorithm.name != "kmeans" {
      throw Problem(.invalid, "--init gives centroids for kmeans to begin with, not for \(algorithm.name)", hint: "Leave it out", path: "--init")
    }
  }

  func run() throws(Problem) -> ExitCode {
    let (ticks, console) = (invocation.surroundings.ticks, invocation.console)
    let start = ticks()
    var matrix = try readVectors(path, dimensions: dimensions)
    let initial = try invocation.text("init").map { file throws(Problem) in
      try readVectors(file, dimensions: file.hasSuffix(".npy") ? nil : matrix.columns)
    }
    let loaded = ticks()
    let limit = try invocation.int("max-memory", in: 1...1 << 24).map { $0 << 20 } ?? Clusterer.usualMemory
    let clusterer = Clusterer(algorithm, threads: threads, memoryLimit: limit, initial: initial)
    let cancellation = Cancellation()
    Interrupts.handle { cancellation.cancel() }
    var progress = Progress("clustering", noun: "steps", console, invocation.surroundings)
    var done = 0
    let source = matrix
    if !steps.isEmpty { matrix = try Preparation(steps, threads: threads).apply(to: matrix, cancellation: cancellation) }
    let outcome: Clusterer.Outcome
    do throws(Problem) {
      outcome = try clusterer.run(on: matrix, cancellation: cancellation) { fraction in
        done += 1
        progress.show(done, fraction: fraction)
      }
    } catch {
      progress.clear()
      throw Self.named(error)
    }
    progress.clear()
    let clustered = ticks()
    if let file = invocation.text("labels") { try LabelFile.write(outcome.labels, to: file) }
    if let file = invocation.text("centroids") { try writeCentroids(of: source, outcome, to: file) }
    let scores = try ClusterScores(
      of: source, labels: outcome.labels, sampleSize: invocation.has("metrics") ? max(2, source.rows) : Self.silhouetteSample, seed: outcome.seed,
      threads: threads, cancellation: cancellation)
    let scored = ticks()
    let seconds: Seconds = ((loaded - start).inSeconds, (clustered - loaded).inSeconds, (scored - clustered).inSeconds)
    if invocation.wantsJSON {
      write(outcome, scores, seconds)
    } else {
      show(matrix, outcome, scores, seconds)
    }
    return .ok
  }

  /// What the data does not allow is said of the option that asked for it.
  private static func named(_ problem: Problem) -> Problem {
    var problem = problem
    switch problem.path {
    case "init", "threads", "seed": problem.path = problem.path.map { "--" + $0 }
    case "max_memory", "memory":
      let hint = problem.hint?.replacing("(max_memory)", with: "(--max-memory)").replacing("a smaller sample_size", with: "fewer rows")
      (problem.path, problem.hint) = ("--max-memory", hint)
    case "vectors", "rows", nil: problem.path = nil
    case let name?: problem.path = "--params." + name
    }
    return problem
  }

  /// In the space of the file, also where preprocessing steps led to another.
  private func writeCentroids(of source: Matrix, _ outcome: Clusterer.Outcome, to file: String) throws(Problem) {
    guard outcome.clusters > 0 else {
      invocation.console.say("\(invocation.console.err.styled("note:", .yellow)) there is no cluster, so '\(file)' was not written")
      return
    }
    var running = try RunningCentroids(clusters: outcome.clusters, dimensions: source.columns)
    try running.add(source, labels: outcome.labels)
    try VectorFile.write(running.centroids(), to: file)
  }

  private func write(_ outcome: Clusterer.Outcome, _ scores: ClusterScores, _ seconds: Seconds) {
    var writer = JSONWriter(capacity: outcome.labels.count * 8 + 1024)
    func numbers(_ name: String, _ values: [Double]?) {
      guard let values else { return }
      writer.key(name)
      writer.beginArray()
      for value in values { writer.value(.double(value)) }
      writer.endArray()
    }
    writer.beginObject()
    writer.key("labels")
    writer.beginArray()
    for label in outcome.labels { writer.int(Int64(label)) }
    writer.endArray()
    writer.member("n_clusters", .int(outcome.clusters))
    if let inertia = outcome.inertia { writer.member("inertia", .double(inertia)) }
    if let iterations = outcome.iterations { writer.member("iterations", .int(iterations)) }
    if let converged = outcome.converged { writer.member("converged", .bool(converged)) }
    writer.member("sizes", .array(outcome.sizes.map(JSON.int)))
    numbers("probabilities", outcome.probabilities)
    numbers("outlier_scores", outcome.outlierScores)
    if let merges = outcome.merges {
      writer.key("merges")
      writer.beginArray()
      for merge in merges { writer.value([.int(merge.a), .int(merge.b), .double(merge.height), .int(merge.size)]) }
      writer.endArray()
    }
    writer.member("seed", .int(Int64(bitPattern: outcome.seed)))
    for member in outcome.notes.members { writer.member(member.key, member.value) }
    writer.member("metrics", ScoreText.json(scores))
    writer.member("seconds", ["load": .double(seconds.load), "cluster": .double(seconds.cluster), "metrics": .double(seconds.metrics)])
    writer.endObject()
    invocation.console.out.write(writer.bytes + [0x0A])
  }

  private func show(_ matrix: Matrix, _ outcome: Clusterer.Outcome, _ scores: ClusterScores, _ seconds: Seconds) {
    let console = invocation.console
    let largest = max(1, outcome.sizes.max() ?? 1)
    var table = Table([.init("cluster", .right), .init("members", .right), .init("cosine", .right), .init("")])
    for cluster in outcome.sizes.indices.sorted(by: { (outcome.sizes[$0], $1) > (outcome.sizes[$1], $0) }) {
      let size = outcome.sizes[cluster]
      table.add(
        "\(cluster)", Format.count(size), cluster < scores.cohesion.count ? Format.fixed(scores.cohesion[cluster].meanCosine, 3) : "",
        console.out.isTerminal ? String(repeating: "▪", count: max(1, size * 40 / largest)) : "")
    }
    table.print(to: console)
    console.say("")
    let noise = outcome.labels.count { $0 < 0 }
    var parts = ["\(Format.count(matrix.rows)) × \(matrix.columns) in \(Format.count(outcome.clusters, "cluster"))"]
    if noise > 0 { parts.append("\(Format.count(noise)) noise") }
    if let iterations = outcome.iterations { parts.append(Format.count(iterations, "iteration")) }
    console.say(
      "\(parts.joined(separator: ", ")) in \(Format.duration(.seconds(seconds.cluster))) (loaded in \(Format.duration(.seconds(seconds.load))))")
    if let reason = outcome.notes["reason"]?.string { console.say(reason) }
    let inertia = outcome.inertia.map { "inertia \(Format.number($0)), " } ?? ""
    console.say(inertia + ScoreText.line(scores))
    let empty = outcome.sizes.count { $0 == 0 }
    if empty > 0 {
      console.say("\(console.err.styled("note:", .yellow)) \(Format.count(empty, "cluster")) stayed empty: no so many rows are different")
    }
    if outcome.converged == false { console.say("\(console.err.styled("note:", .yellow)) it had not come to rest: raise max_iter") }
  }
}

/// Scores of a clustering as commands show them.
enum ScoreText {
  static func json(_ scores: ClusterScores) -> JSON {
    var members = metrics(scores).map { JSONObject.Member(key: $0.name, value: .optional($0.value)) }
    members.append(.init(key: "silhouette_sample", value: .int(scores.silhouetteRows)))
    return .object(JSONObject(members: members))
  }

  static func line(_ scores: ClusterScores) -> String {
    metrics(scores).compactMap { metric in metric.value.map { "\(metric.name) \(Format.number($0))" } }.joined(separator: ", ")
  }

  private static func metrics(_ scores: ClusterScores) -> [(name: String, value: Double?)] {
    [
      ("silhouette_score", scores.silhouette), ("davies_bouldin_index", scores.daviesBouldin), ("calinski_harabasz_score", scores.calinskiHarabasz),
      ("noise_ratio", scores.noiseRatio), ("cluster_size_entropy", scores.sizeEntropy), ("mean_cosine_to_centroid", scores.meanCosine),
      ("min_cosine_to_centroid", scores.minimumCosine),
    ]
  }
}
