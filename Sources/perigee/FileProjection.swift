import Basics
import Clustering

/// `perigee project FILE`: vectors in, a map of two or three dimensions out, without a store.
struct FileProjection {
  private enum Method: String, CaseIterable { case pca, umap }
  private enum Nearness: String, CaseIterable { case cosine, euclidean }

  private let invocation: Invocation
  private let dimensions: Int
  private let method: Method
  private let nearness: Nearness
  private let neighbours: Int
  private let seed: UInt64
  private let threads: Int

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    dimensions = try invocation.int("to", in: 2...3, example: 2) ?? 2
    method = try invocation.choice("method") ?? .pca
    nearness = try invocation.choice("metric") ?? .cosine
    neighbours = try invocation.int("neighbors", in: 1...256, example: 15) ?? 15
    seed = try invocation.seed()
    threads = try invocation.threads()
    let isPicture = invocation.text("out")?.hasSuffix(".svg") ?? false
    let ending = invocation.text("out").flatMap { file in file.lastIndex(of: ".").map { file[$0...].lowercased() } }
    if let ending, ["png", "jpg", "jpeg", "gif", "webp", "pdf", "html", "tsv", "txt"].contains(String(ending.dropFirst())) {
      throw Problem(
        .invalid, "'\(ending)' is no form that a map is written in", hint: "Give .svg (a picture), .npy, .csv, .json or .f32", path: "--out")
    }
    if let out = invocation.text("out") { try checkWritable(out, option: "--out") }
    if isPicture, dimensions == 3 {
      throw Problem(.invalid, "a picture has two dimensions, and --to is 3", hint: "Give --to 2, or another --out: .npy, .csv, .json", path: "--out")
    }
    if invocation.has("labels"), !isPicture {
      throw Problem(.invalid, "--labels colour a picture, and none is drawn", hint: "Give --out map.svg, or leave them out", path: "--labels")
    }
    for option in ["metric", "neighbors"] where invocation.has(option) && method == .pca {
      throw Problem(.invalid, "--\(option) is for --method umap", hint: "Leave it out", path: "--\(option)")
    }
  }

  func run() throws(Problem) -> ExitCode {
    let file = invocation.words[0]
    let start = invocation.surroundings.ticks()
    let matrix = try readVectors(file, dimensions: invocation.dimensions())
    let labels = try invocation.text("labels").map { path throws(Problem) in try readLabels(path, for: matrix, of: file) }
    let previous = try previous(matrix)
    let cancellation = invocation.cancellable()
    let (map, ratios) = try project(matrix, previous, cancellation)
    let out = invocation.text("out")
    if let out { try write(map, to: out, labels, title: String(file.split(separator: "/").last ?? "")) }
    let seconds = (invocation.surroundings.ticks() - start).inSeconds
    if invocation.wantsJSON {
      var json: JSONObject = [
        "rows": .int(map.rows), "dimensions": .int(map.columns), "method": .string(method.rawValue), "seed": .int(Int64(bitPattern: seed)),
        "seconds": .double(seconds),
      ]
      if let ratios { json["explained_variance_ratio"] = .array(ratios.map(JSON.double)) }
      if let out { json["file"] = .string(out) } else { json["points"] = Self.points(map) }
      invocation.console.print(.object(json))
    } else {
      if out == nil { invocation.console.out.write(Self.lines(map, separator: "\t")) }
      let shown = ratios.map { ", \(Format.fixed($0.reduce(0, +) * 100, 1)) % of the variance" } ?? ""
      invocation.console.say(
        "\(Format.count(map.rows)) × \(matrix.columns) laid out in \(map.columns) dimensions in \(Format.duration(.seconds(seconds)))\(shown)"
          + (out.map { ": \($0)" } ?? ""))
    }
    return .ok
  }

  /// The map, and for principal components the share of the variance along each.
  private func project(
    _ matrix: Matrix, _ previous: NeighbourMap.Previous?, _ cancellation: Cancellation
  ) throws(Problem) -> (Matrix, [Double]?) {
    switch method {
    case .pca:
      guard matrix.columns >= dimensions else {
        throw Problem(
          .invalid, "vectors of \(matrix.columns) dimensions cannot be laid out in \(dimensions) by pca", hint: "Give --method umap", path: "--to")
      }
      let pca = try PCA(of: matrix, components: dimensions, seed: seed, threads: threads, cancellation: cancellation)
      let map = try pca.transform(matrix, threads: threads, cancellation: cancellation)
      return (try previous.map { old throws(Problem) in try Procrustes.aligned(map, to: old.positions, rows: old.rows) } ?? map, pca.ratios)
    case .umap:
      var progress = Progress("laying out", noun: "steps", invocation.console, invocation.surroundings)
      var steps = 0
      defer { progress.clear() }
      let layout = NeighbourMap(
        dimensions: dimensions, neighbours: neighbours, metric: nearness == .cosine ? .cosine : .euclidean, seed: seed, threads: threads)
      let map = try layout.layout(of: matrix, after: previous, cancellation: cancellation) { fraction in
        steps += 1
        progress.show(steps, fraction: fraction)
      }
      return (map, nil)
    }
  }

  /// Row i of the earlier map is row i of the vectors.
  private func previous(_ matrix: Matrix) throws(Problem) -> NeighbourMap.Previous? {
    guard let file = invocation.text("previous") else { return nil }
    let map = try readVectors(file, dimensions: file.hasSuffix(".npy") ? nil : dimensions)
    guard map.columns == dimensions, map.rows <= matrix.rows else {
      throw Problem(
        .invalid,
        "'\(file)' has \(Format.count(map.rows, "row")) of \(map.columns), and \(Format.count(matrix.rows)) rows are laid out in \(dimensions)",
        hint: "Give an earlier map of the same rows in the same order; new rows stand behind", path: "--previous")
    }
    return NeighbourMap.Previous(positions: map, rows: (0..<matrix.rows).map { $0 < map.rows ? Int32($0) : -1 })
  }

  private func write(_ map: Matrix, to path: String, _ labels: [Int32]?, title: String) throws(Problem) {
    let bytes: [UInt8]
    if path.hasSuffix(".svg") {
      bytes = Array(ScatterPicture(map, labels: labels, title: title).svg.utf8)
    } else if path.hasSuffix(".csv") {
      bytes = Self.lines(map, separator: ",")
    } else if path.hasSuffix(".json") {
      bytes = Array((Self.points(map).text + "\n").utf8)
    } else {
      return try VectorFile.write(map, to: path)
    }
    var writer = try FileWriter(path: path)
    try writer.write(bytes)
    try writer.finish()
  }

  private static func points(_ map: Matrix) -> JSON {
    .array((0..<map.rows).map { .array(map[$0].map { .double(Double($0)) }) })
  }

  private static func lines(_ map: Matrix, separator: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for row in 0..<map.rows { bytes += Array((map[row].map { "\($0)" }.joined(separator: separator) + "\n").utf8) }
    return bytes
  }
}
