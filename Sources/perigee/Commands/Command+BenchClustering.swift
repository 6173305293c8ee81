import Basics
import Clustering

extension Command {
  /// What `scripts/bench clustering` asks and no other command times by itself: classification and MMD over the rows of a file. Help does not list it.
  static let benchClustering = Command(
    name: "bench-clustering", summary: "Measure classification and MMD", positionals: [Positional("FILE", .one, "Vectors")],
    options: [
      Option("dim", value: "N", "Numbers in a row of a raw file"), Option("algorithm", value: "NAME", "classify or mmd"),
      Option("threads", value: "N", "Threads"), Option("seed", value: "N", "Seed"), Option("params", value: "JSON", "nodes, permutations"),
    ],
    examples: [Example("perigee bench-clustering words.f32 --dim 384 --algorithm classify", "for scripts/bench")]
  ) { invocation throws(Problem) in
    let matrix = try readVectors(invocation.words[0], dimensions: try invocation.int("dim", in: 1...1 << 20))
    let threads = try invocation.threads()
    let parameters = try invocation.object("params") ?? [:]
    let ticks = invocation.surroundings.ticks
    switch invocation.text("algorithm") {
    case "classify":
      let nodes = try matrix.selecting(Array(0..<min(matrix.rows, Int(parameters["nodes"]?.int ?? 2000))))
      let start = ticks()
      let found = try NearestPoints(nodes, metric: .cosine).find(1, for: matrix, threads: threads)
      let seconds = (ticks() - start).inSeconds
      let sum = found.indices.reduce(0) { $0 + Int($1) }
      invocation.console.print(["n_clusters": .int(nodes.rows), "inertia": .int(sum), "seconds": ["classify": .double(seconds)]])
    case "mmd":
      let half = matrix.rows / 2
      let (first, second) = (try matrix.selecting(Array(0..<half)), try matrix.selecting(Array(half..<2 * half)))
      let start = ticks()
      let gamma = try PairStatistic.medianGamma(first, threads: threads)
      let found = try PairStatistic(
        first, second, kernel: .gaussian(gamma: gamma), permutations: Int(parameters["permutations"]?.int ?? 200),
        seed: UInt64(try invocation.int("seed", in: 0...Int.max) ?? 1), threads: threads)
      let seconds = (ticks() - start).inSeconds
      invocation.console.print(["inertia": .double(found.value), "seconds": ["mmd": .double(seconds)]])
    default: throw Problem(.invalid, "there is nothing of that name to measure", hint: "classify or mmd", path: "--algorithm")
    }
    return .ok
  }
}
