import Basics
import Testing

@testable import Clustering

@Suite("Centroids kept up to date") struct RunningCentroidsTests {
  @Test("are the means of what was added and not removed, in any order and in parts") func means() throws {
    let data = try Fixtures.blobs(rows: 60, columns: 4, centres: 3)
    let labels = (0..<60).map { Int32($0 % 4) - 1 }
    var all = try RunningCentroids(clusters: 3, dimensions: 4)
    try all.add(data, labels: labels)
    var (first, second) = (try RunningCentroids(clusters: 3, dimensions: 4), try RunningCentroids(clusters: 3, dimensions: 4))
    try first.add(data.selecting(Array(0..<25)), labels: Array(labels[0..<25]))
    try second.add(data.selecting(Array(20..<60)), labels: Array(labels[20..<60]))
    try second.remove(data.selecting(Array(20..<25)), labels: Array(labels[20..<25]))
    try first.merge(second)
    #expect(first.counts == all.counts && all.counts == [15, 15, 15])
    let partition = try Partition(data, labels)
    for cluster in 0..<3 {
      for (mean, expected) in zip(try #require(first.mean(of: cluster)), partition.means[cluster]) { #expect(abs(mean - expected) < 1e-12) }
    }
    #expect(try RunningCentroids(counts: all.counts, sums: all.sums, dimensions: 4) == all)
    #expect(try all.centroids()[1] == partition.means[1].map { Float($0) })
  }

  @Test("forget everything with the last member") func empty() throws {
    let rows = try Matrix([[0.1, 0.2], [0.3, 0.7]])
    var centroids = try RunningCentroids(clusters: 2, dimensions: 2)
    try centroids.add(rows, labels: [1, 1])
    try centroids.remove(rows, labels: [1, 1])
    #expect(centroids == (try RunningCentroids(clusters: 2, dimensions: 2)) && centroids.mean(of: 1) == nil && centroids.mean(of: 9) == nil)
    #expect(try centroids.centroids().values == [0, 0, 0, 0])
  }

  @Test("refuse what does not fit and stay as they were") func bad() throws {
    let rows = try Matrix([[1, 2], [3, 4]])
    var centroids = try RunningCentroids(clusters: 2, dimensions: 2)
    try centroids.add(rows, labels: [0, -1])
    let before = centroids
    #expect(throws: Problem.self) { try centroids.add(rows, labels: [0]) }
    #expect(throws: Problem.self) { try centroids.add(rows, labels: [0, 2]) }
    #expect(throws: Problem.self) { try centroids.remove(rows, labels: [0, 0]) }
    #expect(throws: Problem.self) { try centroids.add(Matrix([[1]]), labels: [0]) }
    #expect(throws: Problem.self) { try centroids.merge(RunningCentroids(clusters: 3, dimensions: 2)) }
    #expect(throws: Problem.self) { try RunningCentroids(clusters: 0, dimensions: 2) }
    #expect(throws: Problem.self) { try RunningCentroids(counts: [1], sums: [1], dimensions: 2) }
    #expect(centroids == before)
  }
}

@Suite("Diverse representatives") struct DiverseRepresentativesTests {
  @Test("begin at the middle and then go as far away as they can") func farthest() throws {
    let matrix = try Matrix([[0, 0], [10, 0], [1, 0], [0, 9], [0, 0], [7, 7], [100, 100]])
    let centroids = try Matrix([[0, 0], [100, 100]])
    let chosen = try Representatives.diverse(4, in: matrix, labels: [0, 0, 0, 0, 0, 0, 1], centroids: centroids)
    #expect(chosen == [[0, 1, 3, 5], [6]])
    #expect(try Representatives.diverse(1, in: matrix, labels: [0, 0, 0, 0, 0, 0, 1], centroids: centroids) == [[0], [6]])
    #expect(try Representatives.diverse(0, in: matrix, labels: [0, 0, 0, 0, 0, 0, 1], centroids: centroids) == [[], []])
  }

  @Test("are never copies of each other") func copies() throws {
    let matrix = try Matrix([[1, 1], [1, 1], [1, 1]])
    #expect(try Representatives.diverse(3, in: matrix, labels: [0, 0, 0], centroids: Matrix([[1, 1], [5, 5]])) == [[0], []])
    #expect(throws: Problem.self) { try Representatives.diverse(3, in: matrix, labels: [0], centroids: matrix) }
    #expect(throws: Problem.self) {
      try Representatives.diverse(3, in: matrix, labels: [0, 0, 0], centroids: matrix, cancellation: DriftFixture.cancelled())
    }
  }
}
