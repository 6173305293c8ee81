import Basics
import Testing

@testable import Clustering

@Suite("Scores of a clustering") struct ClusterScoresTests {
  @Test("agree with scikit-learn's", arguments: KMeansOracle.all)
  func oracle(oracle: KMeansOracle) throws {
    let scores = try ClusterScores(of: Fixtures.dataset(oracle.dataset), labels: oracle.labels, threads: 2)
    #expect(abs((scores.silhouette ?? 9) - oracle.silhouette) < 1e-6)
    #expect(abs((scores.daviesBouldin ?? 9) - oracle.daviesBouldin) < 1e-6)
    #expect(abs((scores.calinskiHarabasz ?? 9) / oracle.calinskiHarabasz - 1) < 1e-6)
    #expect(abs(scores.meanCosine - oracle.meanCosine) < 1e-6)
    #expect(abs(scores.minimumCosine - oracle.minimumCosine) < 1e-6)
    #expect(abs(scores.sizeEntropy - oracle.entropy) < 1e-12)
    #expect(scores.noiseRatio == 0 && scores.clusters == oracle.clusters && scores.silhouetteRows == oracle.labels.count)
  }

  @Test("leave noise out, and numbers without members") func noise() throws {
    let matrix = try Fixtures.dataset("iris")
    let oracle = KMeansOracle.all[0]
    let extended = try Matrix(rows: 152, columns: 4, values: matrix.values + [90, 90, 90, 90, -90, 7, 7, 7])
    let with = try ClusterScores(of: extended, labels: oracle.labels.map { $0 * 2 } + [-1, -1])
    let without = try ClusterScores(of: matrix, labels: oracle.labels)
    #expect(with.noiseRatio == 2.0 / 152)
    #expect(with.silhouette == without.silhouette && with.daviesBouldin == without.daviesBouldin && with.calinskiHarabasz == without.calinskiHarabasz)
    #expect(with.cohesion.map(\.size) == [50, 0, 39, 0, 61])
  }

  @Test("are missing where they mean nothing") func undefined() throws {
    let matrix = try Matrix([[0, 1], [1, 0], [1, 1]])
    for labels in [[0, 0, 0], [-1, -1, -1]] as [[Int32]] {
      let scores = try ClusterScores(of: matrix, labels: labels)
      #expect(scores.silhouette == nil && scores.daviesBouldin == nil && scores.calinskiHarabasz == nil && scores.sizeEntropy == 0)
    }
    #expect(try ClusterScores(of: matrix, labels: [0, 1, 2]).silhouette == nil)
    #expect(try ClusterScores(of: matrix, labels: [0, 1, 1]).silhouette != nil)
  }

  @Test("a silhouette of three points is what the definition says") func byHand() throws {
    // a(0) = 1, b(0) = 5; a(1) = 1, b(1) = 4; the third is alone and counts 0.
    let scores = try ClusterScores(of: Matrix([[0], [1], [5]]), labels: [0, 0, 1])
    #expect(abs((scores.silhouette ?? 9) - (4.0 / 5 + 3.0 / 4) / 3) < 1e-7)
  }

  @Test("a sample estimates the silhouette, by seed and not by thread") func sample() throws {
    let matrix = try Fixtures.dataset("blobs_a")
    let oracle = KMeansOracle.all[8]
    let one = try ClusterScores(of: matrix, labels: oracle.labels, sampleSize: 500, seed: 7)
    #expect(one.silhouetteRows == 500 && abs((one.silhouette ?? 9) - oracle.silhouette) < 0.05 && one.silhouette != oracle.silhouette)
    #expect(try ClusterScores(of: matrix, labels: oracle.labels, sampleSize: 500, seed: 7, threads: 3) == one)
    #expect(try ClusterScores(of: matrix, labels: oracle.labels, sampleSize: 500, seed: 8).silhouette != one.silhouette)
  }

  @Test("refuse labels that do not fit, and stop when cancelled") func bad() throws {
    let matrix = try Fixtures.dataset("iris")
    #expect(#expect(throws: Problem.self) { try ClusterScores(of: matrix, labels: [0, 1]) }?.path == "labels")
    #expect(throws: Problem.self) { try ClusterScores(of: matrix, labels: Array(repeating: .max, count: 150)) }
    let cancellation = Cancellation()
    cancellation.cancel()
    let problem = #expect(throws: Problem.self) { try ClusterScores(of: matrix, labels: KMeansOracle.all[0].labels, cancellation: cancellation) }
    #expect(problem?.kind == .cancelled)
  }
}

@Suite("Representatives") struct RepresentativesTests {
  @Test("begin with the medoid in squared distances, nearest first") func medoid() throws {
    let matrix = try Fixtures.blobs(rows: 120, columns: 5, centres: 3)
    let result = try KMeans(clusters: 3, tolerance: 0, seed: 1).run(on: matrix)
    let found = try Representatives.nearest(4, in: matrix, labels: result.labels, centroids: result.centroids)
    for cluster in 0..<3 {
      let members = (0..<120).filter { result.labels[$0] == Int32(cluster) }
      func total(_ row: Int) -> Double { members.reduce(0) { $0 + Fixtures.squared(matrix[row], matrix[$1]) } }
      #expect(found[cluster].first == members.min { total($0) < total($1) })
      #expect(found[cluster].count == 4 && found[cluster].map(total) == found[cluster].map(total).sorted())
    }
  }

  @Test("are fewer where there are fewer, in the order of rows among equals") func few() throws {
    let matrix = try Matrix([[1], [1], [9], [1]])
    #expect(try Representatives.nearest(2, in: matrix, labels: [0, 0, -1, 0], centroids: Matrix([[1], [5]])) == [[0, 1], []])
    #expect(throws: Problem.self) { try Representatives.nearest(2, in: matrix, labels: [0, 0, 2, 0], centroids: Matrix([[1], [5]])) }
    #expect(throws: Problem.self) { try Representatives.nearest(2, in: matrix, labels: [0, 0, 0, 0], centroids: Matrix([[1, 2]])) }
  }
}

@Suite("Assignment to given centroids") struct NearestTests {
  @Test("takes the largest cosine, whatever the lengths", arguments: [1, 2])
  func definition(threads: Int) throws {
    let matrix = try Fixtures.blobs(rows: 133, columns: 17, centres: 5)
    let centroids = try Fixtures.blobs(rows: 29, columns: 17, centres: 29, seed: 8)
    let longer = try Matrix(rows: 29, columns: 17, values: centroids.values.enumerated().map { $1 * Float(1 + $0 / 17) })
    let answer = try Nearest(centroids: longer, threshold: 0.3, threads: threads).assign(matrix)
    for row in 0..<133 {
      func cosine(_ i: Int) -> Double {
        let origin = [Float](repeating: 0, count: 17)
        let (a, b) = (Fixtures.squared(matrix[row], origin), Fixtures.squared(centroids[i], origin))
        return (a + b - Fixtures.squared(matrix[row], centroids[i])) / 2 / (a * b).squareRoot()
      }
      let best = (0..<29).max { cosine($0) < cosine($1) } ?? 0
      #expect(abs(answer.similarities[row] - cosine(best)) < 1e-6)
      #expect(answer.labels[row] == (cosine(best) >= 0.3 ? Int32(best) : -1))
    }
  }

  @Test("knows zeros, ties and a threshold of 1") func edges() throws {
    let matrix = try Matrix([[3, 4], [0, 0], [-1, -1], [1, 0]])
    let centroids = try Matrix([[0, 0], [3, 4], [6, 8]])
    let all = try Nearest(centroids: centroids, threshold: -1).assign(matrix)
    #expect(all.labels == [1, -1, 1, 1] && all.similarities[1] == 0)
    #expect(try Nearest(centroids: Matrix([[3, 4], [6, 8]]), threshold: 1).assign(matrix).labels == [0, -1, -1, -1])
  }

  @Test("refuses what does not fit") func bad() throws {
    let matrix = try Matrix([[3, 4]])
    #expect(#expect(throws: Problem.self) { try Nearest(centroids: Matrix([[1]])).assign(matrix) }?.path == "vectors")
    #expect(#expect(throws: Problem.self) { try Nearest(centroids: matrix, threshold: 1.5).assign(matrix) }?.path == "assignment_threshold")
    #expect(throws: Problem.self) { try Nearest(centroids: matrix, threads: 0).assign(matrix) }
  }
}
