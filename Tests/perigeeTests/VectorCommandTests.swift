import Basics
import Glibc
import Testing

@testable import perigee

/// The commands that look at files of vectors and labels, without a store.
@Suite("Commands over files of vectors") struct VectorCommandTests {
  private let folder = TemporaryFolder()
  private static let data = parent(of: parent(of: #filePath)) + "/ClusteringTests/Data/"

  private func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

  /// 140 rows of baseline, 100 of now, 4 centroids, of 6 numbers each, and what NumPy and SciPy say of them.
  private func small() throws -> (baseline: String, current: String, centroids: String, expected: [String: Double]) {
    let bytes = try readFile(Self.data + "drift_small.f32", limit: 1 << 20)
    func piece(_ name: String, _ rows: Range<Int>) -> String { folder.write(name, Array(bytes[rows.lowerBound * 24..<rows.upperBound * 24])) }
    var expected: [String: Double] = [:]
    for line in String(decoding: try readFile(Self.data + "drift_small.txt", limit: 1 << 20), as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if let number = Double(words[1]) { expected[String(words[0])] = number }
    }
    return (piece("before.f32", 0..<140), piece("now.f32", 140..<240), piece("centroids.f32", 240..<244), expected)
  }

  @Test("drift measures what SciPy measures, every metric at once or one alone")
  func drift() throws {
    let files = try small()
    let all = perform("drift", files.baseline, files.current, "--dim", "6", "--centroids", files.centroids, "--json")
    #expect(all.code == .ok, "\(all.err)")
    let metrics = try #require(json(all.out)["metrics"]?.object)
    #expect(metrics.count == 17)
    for member in metrics.members {
      let value = try #require(member.value["value"]?.double, "\(member.key)")
      let expected = try #require(files.expected[member.key], "\(member.key)")
      #expect(abs(value - expected) < 1e-6, "\(member.key)")
      #expect(member.value["m"] == 140 && member.value["n"] == 100)
    }
    let one = perform("drift", files.baseline, files.current, "--dim", "6", "--metric", "mmd", "--permutations", "50", "--seed", "3", "--json")
    let mmd = try json(one.out)
    #expect(mmd["metrics"]?.object?.count == 1 && mmd["metrics"]?["mmd"]?["value"] == metrics["mmd"]?["value"] && mmd["seed"] == 3)
    #expect(try #require(mmd["metrics"]?["mmd"]?["p_value"]?.double) == 1.0 / 51)
    let text = perform("drift", files.baseline, files.current, "--dim", "6")
    #expect(text.out.contains("mmd\t") && text.err.contains("Not by chance"), "\(text)")
    let same = perform("drift", files.baseline, files.baseline, "--dim", "6", "--normalize")
    #expect(same.err.contains("Nothing that chance alone would not do"), "\(same)")
  }

  @Test("drift notices where a stream changes, in every form that it comes in, as river does")
  func stream() throws {
    let numbers = try readFile(Self.data + "stream.f64", limit: 1 << 20)
    let values = numbers.withUnsafeBytes { raw in stride(from: 0, to: raw.count, by: 8).map { raw.double(at: $0) } }
    let header = Array("{'descr': '<f8', 'fortran_order': False, 'shape': (5000,), }".utf8)
    let padded = header + [UInt8](repeating: 0x20, count: 117 - header.count) + [0x0A]
    let files = [
      Self.data + "stream.f64", folder.write("s.csv", "distance\n" + values.map { "\($0)\n" }.joined()),
      folder.write("s.json", "{\"series\": [" + values.map { "\($0)" }.joined(separator: ", ") + "]}"),
      folder.write("s.npy", [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + padded + numbers),
      folder.write("s.txt", values.map { "\($0) " }.joined()),
    ]
    for file in files {
      let run = perform("drift", "--stream", file, "--params", "{\"page_hinkley\": {\"threshold\": 5}}", "--json")
      let answer = try json(run.out)
      #expect(answer["rows"] == 5000 && answer["adwin"]?["detections"] == [3455] && answer["page_hinkley"]?["detections"] == [3192], "\(file) \(run)")
      #expect(answer["page_hinkley"]?["params"]?["threshold"] == 5.0 && answer["adwin"]?["params"]?["clock"] == 32)
    }
    let one = perform("drift", "--stream", files[1], "--metric", "page_hinkley", "--params", "{\"threshold\": 5, \"mode\": \"down\"}")
    #expect(one.out.isEmpty && one.err.contains("changes noticed: page_hinkley 0"), "\(one)")
    let told = perform("drift", "--stream", files[0], "--metric", "adwin")
    #expect(told.out.hasPrefix("3455\tadwin\t") && told.err.contains("adwin 1"), "\(told)")
    let odd = perform("drift", "--stream", folder.write("odd.csv", "1,nan;2\n3 inf\n"), "--json")
    #expect(try json(odd.out)["rows"] == 5 && json(odd.out)["left_out"] == 2)
  }

  @Test("drift takes a stream of vectors by their distances to centroids")
  func distances() throws {
    let files = try small()
    let rows = try readFile(files.baseline, limit: 1 << 20) + readFile(files.current, limit: 1 << 20)
    let both = folder.write("both.f32", rows)
    let stream = ["drift", "--stream", "--metric", "adwin", "--params", "{\"clock\": 1, \"grace_period\": 0, \"delta\": 0.9}", "--json"]
    let answer = try json(perform(stream + [both, "--dim", "6", "--centroids", files.centroids]).out)
    // The same by hand.
    let centroids = try readFile(files.centroids, limit: 1 << 20)
    func vector(_ bytes: [UInt8], _ row: Int) -> [Double] {
      bytes.withUnsafeBytes { raw in (0..<6).map { Double(raw.float(at: row * 24 + $0 * 4)) } }
    }
    func nearest(_ row: Int) -> Double {
      var least = Double.infinity
      for centroid in 0..<4 {
        var square = 0.0
        for (a, b) in zip(vector(rows, row), vector(centroids, centroid)) { square += (a - b) * (a - b) }
        least = min(least, square)
      }
      return least.squareRoot()
    }
    let series = folder.write("series.csv", (0..<240).map { "\(nearest($0))\n" }.joined())
    let byHand = try json(perform(stream + [series]).out)
    #expect(answer["rows"] == 240 && answer["adwin"]?["detections"] == byHand["adwin"]?["detections"], "\(answer.text)")
    let (mean, expected) = (try #require(answer["adwin"]?["mean"]?.double), try #require(byHand["adwin"]?["mean"]?.double))
    #expect(abs(mean - expected) < 1e-6)
  }

  @Test("classify finds the nearest nodes, from anchors, from examples, down a tree and by a vote")
  func classify() throws {
    // Directions of the plane by their angle in degrees.
    func plane(_ name: String, _ angles: [Double]) -> String {
      var bytes: [UInt8] = []
      for angle in angles {
        for value in [cos(angle * .pi / 180), sin(angle * .pi / 180)] {
          withUnsafeBytes(of: (Float(value) * 3).bitPattern.littleEndian) { bytes += $0 }
        }
      }
      return folder.write(name, bytes)
    }
    let (documents, nodes) = (plane("documents.f32", [10, 95, 170]), plane("nodes.f32", [0, 90, 180, 20]))
    let plain = ["classify", documents, nodes, "--dim", "2", "--json"]
    let two = try json(perform(plain + ["--top", "2"]).out)
    #expect(
      two["nodes"]?.array?[1] == [1, 3] && two["nodes"]?.array?[2] == [2, 1] && two["node_count"] == 4 && two["unassigned"] == 0, "\(two.text)")
    let score = try #require(two["scores"]?.array?[1].array?[0].double)
    #expect(abs(score - cos(5 * .pi / 180)) < 1e-6)
    let near = try json(perform(plain + ["--threshold", "0.99", "--out", folder.file("first.csv")]).out)
    #expect(near["unassigned"] == 2 && String(decoding: folder.read("first.csv"), as: UTF8.self) == "-1\n1\n-1\n")
    let labels = folder.write("labels.csv", "1\n1\n0\n")
    let examples = plane("examples.f32", [160, 164, 15])
    let learned = try json(perform(plain + ["--examples", examples, "--labels", labels]).out)
    #expect(learned["nodes"] == [[0], [1], [1]], "\(learned.text)")
    let tree = try json(perform(plain + ["--parents", folder.write("parents.csv", "-1\n-1\n1\n0\n"), "--beam", "1"]).out)
    #expect(tree["nodes"] == [[3], [2], [2]], "\(tree.text)")
    let vote = try json(perform("classify", documents, examples, "--dim", "2", "--neighbors", "3", "--labels", labels, "--json").out)
    #expect(vote["nodes"] == [[1], [1], [1]] && vote["shares"]?.array?.count == 3, "\(vote.text)")
    let text = perform("classify", documents, nodes, "--dim", "2")
    #expect(text.out.contains("1\t1\t0.996195\n") && text.err.contains("3 documents under 4 nodes"), "\(text)")
  }

  @Test("score counts every row")
  func score() throws {
    let labels = folder.write("labels.csv", (0..<150).map { "\($0 / 50)\n" }.joined())
    let run = perform("score", Self.data + "iris.f32", "--dim", "4", "--labels", labels, "--json")
    let answer = try json(run.out)
    // scikit-learn of the flowers' own kinds.
    for (name, expected) in [
      ("silhouette_score", 0.5034774406932961), ("davies_bouldin_index", 0.7513707094756737), ("calinski_harabasz_score", 487.33087637489984),
    ] {
      #expect(abs((answer[name]?.double ?? 0) - expected) < 1e-3 * expected, "\(name) \(answer.text)")
    }
    #expect(answer["sizes"] == [50, 50, 50] && answer["noise"] == 0 && answer["n_clusters"] == 3 && answer["silhouette_sample"] == 150)
    #expect(perform("score", Self.data + "iris.f32", "--dim", "4", "--labels", labels).out.contains("0\t50\t"))
  }

  @Test("compare says how far labels agree, and what became of each cluster")
  func compare() throws {
    let before = folder.write("before.csv", "0\n0\n0\n0\n1\n1\n2\n2\n-1\n-1\n")
    let after = folder.write("after.json", "{\"labels\": [5, 5, 6, 6, 7, 7, 7, 7, -1, 5]}")
    let answer = try json(perform("compare", before, after, "--json").out)
    #expect(answer["rows"] == 10 && answer["matched"] == 5 && answer["label_churn"] == 0.5, "\(answer.text)")
    #expect(answer["splits"] == [["before": 0, "after": [5, 6]]] && answer["merges"] == [["before": [1, 2], "after": 7]], "\(answer.text)")
    for name in ["rand", "ari", "mi", "nmi", "ami", "homogeneity", "completeness", "v_measure", "fmi"] {
      #expect(answer[name]?.double != nil, "\(name)")
    }
    #expect(answer["ri"] == answer["rand"] && answer["fowlkes_mallows"] == answer["fmi"])
    let same = try json(perform("compare", before, before, "--json").out)
    #expect(same["ari"] == 1.0 && same["label_churn"] == 0.0 && same["births"] == [] && same["deaths"] == [])
    #expect(perform("compare", before, after).err.contains("split: 0 into 5, 6"))
  }

  @Test("cluster tells its tree, and writes centroids that drift takes")
  func cluster() throws {
    let iris = ["cluster", Self.data + "iris.f32", "--dim", "4"]
    let centroids = folder.file("centroids.npy")
    let run = perform(iris + ["--algorithm", "hdbscan", "--centroids", centroids, "--labels", folder.file("labels.npy"), "--json"])
    let answer = try json(run.out)
    // What the reference says of the same rows.
    for (name, expected) in [("core_distance_sum", 65.39902307312057), ("mst_weight_sum", 66.9141568054943), ("mst_weight_max", 1.640121894353779)] {
      #expect(abs((answer[name]?.double ?? 0) / expected - 1) < 1e-9, "\(name)")
    }
    #expect(answer["condensed_tree_rows"] == 160 && answer["condensed_tree_clusters"] == 11 && answer["n_clusters"] == 2)
    #expect(answer["algorithm_params"]?["prediction_data"] == false)
    let drift = perform("drift", Self.data + "iris.f32", Self.data + "iris.f32", "--dim", "4", "--metric", "psi", "--centroids", centroids, "--json")
    #expect(try json(drift.out)["clusters"] == 2, "\(drift)")
    // Steps lead to another space; the centroids stay in that of the file.
    let steps = "{\"n_clusters\": 3, \"preprocessing_steps\": [{\"method\": \"pca\", \"n_components\": 2}]}"
    let moved = perform(iris + ["--params", steps, "--centroids", centroids])
    #expect(moved.code == .ok && folder.read("centroids.npy").count == 128 + 3 * 4 * 4, "\(moved.err)")
    let none = perform(iris + ["--algorithm", "hdbscan", "--params", "{\"min_cluster_size\": 150}", "--centroids", folder.file("none.npy")])
    #expect(none.code == .ok && none.err.contains("no cluster"), "\(none.err)")
    let nowhere = perform(iris + ["--labels", folder.file("nowhere/labels.npy")])
    #expect(nowhere.code != .ok && nowhere.err.contains("--labels: there is no folder"), "\(nowhere.err)")
  }

  @Test("project writes the same map in each form, and lays a new one over it")
  func project() throws {
    let iris = Self.data + "iris.f32"
    let shown = try json(perform("project", iris, "--dim", "4", "--json").out)
    let points = try #require(shown["points"]?.array)
    #expect(points.count == 150 && abs((shown["explained_variance_ratio"]?.array?.first?.double ?? 0) - 0.92461872) < 1e-6)
    for name in ["map.npy", "map.csv", "map.json", "map.f32"] {
      let run = perform("project", iris, "--dim", "4", "--out", folder.file(name))
      #expect(run.code == .ok && run.out.isEmpty && run.err.contains(name), "\(run.err)")
    }
    #expect(try json(String(decoding: folder.read("map.json"), as: UTF8.self)) == .array(points))
    #expect(folder.read("map.f32") == Array(folder.read("map.npy").suffix(1200)))
    #expect(folder.read("map.csv").count { $0 == 0x0A } == 150)
    let again = try json(perform("project", iris, "--dim", "4", "--previous", folder.file("map.npy"), "--json").out)["points"]?.array ?? []
    #expect(zip(points, again).allSatisfy { a, b in (0..<2).allSatisfy { abs((a.array?[$0].double ?? 0) - (b.array?[$0].double ?? 9)) < 1e-4 } })
    let umap = ["project", iris, "--dim", "4", "--method", "umap", "--metric", "euclidean", "--to", "3", "--seed", "4", "--json"]
    let (one, two) = (try json(perform(umap + ["--threads", "1"]).out), try json(perform(umap + ["--threads", "2"]).out))
    #expect(one["points"]?.array?.first?.array?.count == 3 && one["points"] == two["points"] && one["seed"] == 4)
  }

  @Test("project draws a picture that stands alone, coloured by cluster")
  func picture() throws {
    let labels = folder.write("labels.csv", (0..<150).map { "\($0 < 5 ? -1 : $0 / 50)\n" }.joined())
    let run = perform("project", Self.data + "iris.f32", "--dim", "4", "--labels", labels, "--out", folder.file("map.svg"))
    #expect(run.code == .ok, "\(run.err)")
    let svg = String(decoding: folder.read("map.svg"), as: UTF8.self)
    #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n") && svg.utf8.count < 8000)
    #expect(svg.count(of: "<path") == 4 && svg.count(of: "h0") == 150)
    for word in ["noise: 5", "0: 45", "1: 50", "2: 50"] { #expect(svg.contains(word), "\(word)") }
    #expect(!svg.contains("http://") || svg.count(of: "http") == 1)
  }

  @Test(
    "name what is wrong, with a right form",
    arguments: [
      (["drift", "iris.f32", "iris.f32", "--dim", "4", "--metric", "mdm"], "Did you mean 'mmd'?"),
      (["drift", "iris.f32", "iris.f32", "--dim", "4", "--metric", "psi"], "--centroids FILE"),
      (["drift", "iris.f32", "iris.f32", "--dim", "4", "--metric", "noise_ratio_delta"], "two runs"), (["drift", "iris.f32"], "CURRENT is missing"),
      (["drift", "iris.f32", "iris.f32"], "--dim"), (["drift", "iris.f32", "single.npy", "--dim", "4"], "columns"),
      (["drift", "--stream", "nan.npy"], "One dimension is needed"),
      (["drift", "--stream", "short.csv", "--metric", "adwn"], "Did you mean 'adwin'?"),
      (["drift", "--stream", "short.csv", "--params", "{\"adwni\": {}}"], "Did you mean 'adwin'?"),
      (["drift", "--stream", "short.csv", "--params", "{\"adwin\": {\"delta\": 2}}"], "--params.adwin.delta: delta is 2.0"),
      (["drift", "--stream", "short.csv", "--metric", "page_hinkley", "--params", "{\"treshold\": 2}"], "--params.treshold"),
      (["drift", "--stream", "words.csv"], "line 2: 'x' is not a number"), (["drift", "--stream", "short.csv", "--dim", "3"], "--centroids"),
      (["drift", "--stream", "short.csv", "--seed", "3"], "--seed is not for --stream"),
      (["drift", "iris.f32", "iris.f32", "--dim", "4", "--params", "{}"], "--stream"),
      (["classify", "iris.f32"], "ANCHORS is missing"), (["classify", "iris.f32", "iris.f32"], "--dim"),
      (["classify", "iris.f32", "single.npy", "--dim", "4"], "columns"), (["classify", "iris.f32", "iris.f32", "--dim", "4", "--top", "0"], "--top"),
      (["classify", "iris.f32", "iris.f32", "--dim", "4", "--threshold", "2"], "-1 to 1"),
      (["classify", "iris.f32", "iris.f32", "--dim", "4", "--beam", "2"], "--parents"),
      (["classify", "iris.f32", "iris.f32", "--dim", "4", "--parents", "short.csv"], "--parents: there are 2 parents for 150 nodes"),
      (["classify", "iris.f32", "iris.f32", "--dim", "4", "--neighbors", "2"], "--labels"),
      (["classify", "iris.f32", "iris.f32", "--dim", "4", "--neighbors", "2", "--labels", "short.csv"], "2 labels"),
      (["cluster", "iris.f32", "--dim", "4", "--init", "iris.f32", "--params", "{\"init\": \"random\"}"], "--params.init"),
      (["score", "iris.f32", "--dim", "4"], "--labels FILE"), (["score", "iris.f32", "--dim", "4", "--labels", "short.csv"], "2 labels"),
      (["compare", "short.csv", "long.csv"], "2 labels"), (["compare", "short.csv"], "AFTER is missing"),
      (["project", "iris.f32", "--dim", "4", "--to", "4"], "2 to 3"), (["project", "iris.f32", "--dim", "4", "--method", "tsne"], "umap"),
      (["project", "iris.f32", "--dim", "4", "--to", "3", "--out", "x.svg"], "two dimensions"),
      (["project", "iris.f32", "--dim", "4", "--labels", "short.csv"], "map.svg"),
      (["project", "iris.f32", "--dim", "4", "--neighbors", "5"], "umap"),
      (["project", "iris.f32", "--dim", "4", "--out", "map.png"], ".svg (a picture)"),
      (["cluster", "iris.f32", "--dim", "4", "--algorithm", "attribute_based"], "--collection"),
      (["cluster", "iris.f32", "--dim", "4", "--params", "{\"n_clusters\": 200}"], "--params.n_clusters: n_clusters is 200, but there are only 150"),
      (
        [
          "cluster", "iris.f32", "--dim", "4", "--algorithm", "agglomerative", "--max-memory", "1", "--params",
          "{\"linkage\": \"single\", \"n_clusters\": 151}",
        ], "--params.n_clusters"
      ),
      (["cluster", "iris.f32", "--dim", "4", "--init", "drift_small.f32"], "--init"),
      (
        ["cluster", "iris.f32", "--dim", "4", "--algorithm", "hdbscan", "--params", "{\"prediction_data\": 1}"],
        "--params.prediction_data: expected a boolean"
      ),
      (["cluster", "nan.npy"], "error: "), (["cluster", "iris.f32", "--dim", "4", "--seed", "-1"], "--seed"),
      (["project", "iris.f32", "--dim", "4", "--previous", "iris.f32", "--to", "2"], "earlier map"),
    ])
  func wrong(words: [String], piece: String) {
    folder.write("short.csv", "0\n1\n")
    folder.write("long.csv", "0\n1\n1\n")
    folder.write("words.csv", "0\nx\n")
    let run = perform(words.map { $0.hasSuffix(".csv") ? folder.file($0) : $0.hasSuffix(".f32") || $0.hasSuffix(".npy") ? Self.data + $0 : $0 })
    #expect(run.code == .usage && run.out.isEmpty, "\(run)")
    #expect(run.err.contains(piece), "\(run.err)")
  }

  private func perform(_ words: String...) -> (code: ExitCode, out: String, err: String) { perform(words) }
  private func perform(_ words: [String]) -> (code: ExitCode, out: String, err: String) {
    let recorder = Recorder()
    let code = Perigee.run(words, surroundings: standing, console: recorder.console())
    return (code, recorder.out, recorder.err)
  }
}

extension String {
  fileprivate func count(of piece: String) -> Int {
    var (count, rest) = (0, utf8[...])
    let wanted = Array(piece.utf8)
    while rest.count >= wanted.count {
      if rest.starts(with: wanted) { count += 1 }
      rest = rest.dropFirst()
    }
    return count
  }
}
