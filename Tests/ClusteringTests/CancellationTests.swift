import Basics
import Testing

@testable import Clustering

/// Looks are counted, not milliseconds: a computation that looks often enough anywhere ends soon after it is cancelled.
@Suite("Cancelled work") struct CancellationTests {
  struct Work: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How often it looks at least.
    let least: Int
    let run: @Sendable (Cancellation) throws -> Void

    init(_ name: String, least: Int = 2, _ run: @escaping @Sendable (Cancellation) throws -> Void) {
      (testDescription, self.least, self.run) = (name, least, run)
    }
  }

  /// One row after the other is told nothing new, but there are many of them.
  private static func large(_ rows: Int, _ columns: Int) throws -> Matrix {
    try Matrix(rows: rows, columns: columns, values: [Float](repeating: 0.5, count: rows * columns))
  }

  private static let pieces = (rows: 3 * Cancellation.numbersPerLook / 512, columns: 512)

  /// A saw: every tooth is a valley, and all lie in one.
  private static func saw(_ teeth: Int) -> ReachabilityPlot {
    let count = teeth * 8
    var heights = (0..<count).map { place -> Double in place % 8 == 0 ? 4 : 1 + Double(place % 4) / 100 }
    heights[0] = .infinity
    return ReachabilityPlot(
      order: Array(0..<count), reachability: heights, cores: Array(repeating: 1, count: count), predecessors: Array(-1..<count - 1))
  }

  static let works: [Work] = [
    Work("valleys of a reachability plot", least: 4000) { cancellation in
      let plot = saw(4000)
      let valleys = try plot.valleys(xi: 0.1, minimumSamples: 3, minimumSize: 4, correctsPredecessors: true, cancellation)
      #expect(valleys.count > 3000)
      _ = try plot.labels(of: valleys, cancellation)
    },
    Work("directions", least: 3) { _ = try large(pieces.rows, pieces.columns).normalised(cancellation: $0) },
    Work("means", least: 3) { _ = try Moments.mean(of: large(pieces.rows, pieces.columns), $0) },
    Work("variances", least: 3) {
      _ = try Moments.variances(of: large(pieces.rows, pieces.columns), mean: Array(repeating: 0, count: pieces.columns), $0)
    },
    Work("means of clusters", least: 3) { cancellation in
      var running = try RunningCentroids(clusters: 1, dimensions: pieces.columns)
      let rows = try large(pieces.rows, pieces.columns)
      do { try running.add(rows, labels: Array(repeating: 0, count: rows.rows), cancellation: cancellation) } catch {
        #expect(running.counts == [0] && running.sums.allSatisfy { $0 == 0 })
        throw error
      }
    },
    Work("telling sets apart", least: 60) { cancellation in
      let sides = (try large(9000, 300), try large(9000, 300))
      #expect(try DomainClassifier(sides.0, sides.1, cancellation: cancellation).auc == 0.5)
    },
    Work("telling sets of many columns apart", least: 12) { cancellation in
      let sides = (try large(2100, 4096), try large(2100, 4096))
      _ = try DomainClassifier(sides.0, sides.1, cancellation: cancellation)
    },
    Work("principal components", least: 20) { cancellation in
      let rows = try Fixtures.blobs(rows: 300, columns: 6, centres: 3)
      _ = try PCA(of: rows, components: 2, cancellation: cancellation).transform(rows, cancellation: cancellation)
    },
  ]

  static let algorithms: [Work] = {
    let rows: @Sendable () throws -> Matrix = { try Fixtures.blobs(rows: 400, columns: 5, centres: 4) }
    var list = [
      Work("k-means") { _ = try KMeans(clusters: 9, runs: 2, seed: 1).run(on: rows(), cancellation: $0) },
      Work("spherical k-means") { _ = try KMeans(clusters: 9, seed: 1, spherical: true).run(on: rows(), cancellation: $0) },
      Work("mini-batch k-means") { _ = try MiniBatchKMeans(clusters: 4).run(on: rows(), cancellation: $0) },
      Work("k chosen") { _ = try AutoK(range: 2...5).run(on: rows(), cancellation: $0) },
      Work("HDBSCAN", least: 5) { _ = try HDBSCAN(metric: .cosine).run(on: rows(), cancellation: $0) },
      Work("DBSCAN") { _ = try DBSCAN(epsilon: 0.5).run(on: rows(), cancellation: $0) },
      Work("OPTICS") { _ = try OPTICS(metric: .cosine).run(on: rows(), cancellation: $0) },
      Work("Gaussians") { _ = try GaussianMixture(components: 4).run(on: rows(), cancellation: $0) },
      Work("mean shift", least: 40) { _ = try MeanShift().run(on: rows(), cancellation: $0) },
      Work("mean shift from a grid", least: 20) { _ = try MeanShift(binSeeding: true).run(on: rows(), cancellation: $0) },
      Work("neighbours' map", least: 100) { _ = try NeighbourMap().layout(of: rows(), cancellation: $0) },
      Work("silhouette") { cancellation in
        _ = try ClusterScores(of: rows(), labels: (0..<400).map { Int32($0 % 4) }, cancellation: cancellation)
      },
      Work("all pairs") { _ = try PairStatistic(rows(), rows(), kernel: .gaussian(gamma: 1), cancellation: $0) },
      Work("components") { _ = try ComponentDrift(rows(), rows(), cancellation: $0) },
    ]
    list += Agglomerative.Linkage.allCases.map { linkage in
      Work("\(linkage.rawValue) linkage") { _ = try Agglomerative(linkage: linkage).run(on: rows(), cancellation: $0) }
    }
    list += Spectral.Graph.allCases.map { graph in
      Work("spectral clustering of \(graph.rawValue)") { _ = try Spectral(clusters: 4, graph: graph).run(on: rows(), cancellation: $0) }
    }
    return list
  }()

  @Test("ends at the look at which it is cancelled, whichever that is", arguments: works + algorithms)
  func everywhere(work: Work) throws {
    let counting = Cancellation(atLook: .max)
    try work.run(counting)
    let looks = counting.looks
    #expect(looks >= work.least)
    for look in Set([1, 2, looks / 3, looks / 2, looks * 4 / 5, looks - 1, looks]) where look >= 1 {
      let cancellation = Cancellation(atLook: look)
      let problem = #expect(throws: Problem.self) { try work.run(cancellation) }
      #expect(problem?.kind == .cancelled, "look \(look) of \(looks)")
      // Pieces of work that are shared out, a row each or more, look up before they are left out.
      #expect(cancellation.looks <= look + 800, "look \(look) of \(looks)")
    }
  }
}
