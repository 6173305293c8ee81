import Basics
import Clustering

extension Command {
  static let score = Command(
    name: "score", summary: "Score how well labels divide vectors",
    positionals: [Positional("VECTORS", .one, "Vectors: .npy, or raw float32 with --dim")],
    options: [
      Option("labels", value: "FILE", "The label of each row, -1 for noise: .npy, .csv, .txt, .json or raw int32"),
      Option("dim", value: "N", "Numbers in a row of a raw file"),
      Option("normalize", "Divide each row by its length first"),
      Option("threads", value: "N", "Threads; without it as many as the machine has"),
    ],
    examples: [
      Example("perigee score words.npy --labels labels.npy", "silhouette and others, of every row"),
      Example("perigee score words.f32 --dim 384 --labels labels.csv --json", "for programs"),
    ],
    notes: """
      Every row counts, however many there are: the silhouette takes time with the square of their number.
      Noise belongs to no cluster and counts in noise_ratio alone.
      """
  ) { invocation throws(Problem) in
    guard let file = invocation.text("labels") else {
      throw Problem(.invalid, "there are no labels", hint: "Give --labels FILE: 'perigee cluster … --labels FILE' writes one", path: "--labels")
    }
    var matrix = try readVectors(invocation.words[0], dimensions: invocation.dimensions())
    let labels = try readLabels(file, for: matrix, of: invocation.words[0])
    if invocation.has("normalize") { matrix = try matrix.normalised() }
    let scores = try ClusterScores(
      of: matrix, labels: labels, sampleSize: max(2, matrix.rows), threads: invocation.threads(), cancellation: invocation.cancellable())
    let noise = labels.count { $0 < 0 }
    let console = invocation.console
    if invocation.wantsJSON {
      var json = ScoreText.json(scores).object ?? JSONObject()
      json["n_clusters"] = .int(scores.clusters)
      json["sizes"] = .array(scores.cohesion.map { .int($0.size) })
      json["noise"] = .int(noise)
      console.print(.object(json))
      return .ok
    }
    var table = Table([.init("cluster", .right), .init("members", .right), .init("cosine", .right), .init("least", .right)])
    for (cluster, one) in scores.cohesion.enumerated() where one.size > 0 {
      table.add("\(cluster)", Format.count(one.size), Format.fixed(one.meanCosine, 3), Format.fixed(one.minimumCosine, 3))
    }
    table.print(to: console)
    console.say("")
    console.say(
      "\(Format.count(matrix.rows)) × \(matrix.columns) in \(Format.count(scores.clusters, "cluster"))"
        + (noise > 0 ? ", \(Format.count(noise)) noise" : ""))
    console.say(ScoreText.line(scores))
    return .ok
  }
}
