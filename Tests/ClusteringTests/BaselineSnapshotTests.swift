import Basics
import Testing

@testable import Clustering

@Suite("Baseline snapshots") struct BaselineSnapshotTests {
  static func snapshot(windows: [Int] = [50], normalised: Bool = false, threads: Int = 1) throws -> BaselineSnapshot {
    let (baseline, _, centroids) = try DriftFixture.rows()
    return try BaselineSnapshot(
      of: baseline, normalised: normalised, labels: Array(repeating: -1, count: 7) + Array(repeating: 2, count: 133), centroids: centroids,
      windows: windows, metrics: Set(DriftMetric.allCases), threads: threads)
  }

  static let oracle: [DriftMetric] = DriftMetric.allCases.filter { $0 != .noiseRatioDelta }

  @Test("measure what SciPy measures from the rows themselves") func oracle() throws {
    let snapshot = try BaselineSnapshot(decoding: Self.snapshot().encoded())
    let (_, current, _) = try DriftFixture.rows()
    for measurement in try snapshot.measure(Self.oracle, of: current, options: .init(threads: 2)) {
      let expected = try DriftFixture.expected(measurement.metric.rawValue)
      #expect(abs(measurement.value - expected) < 1e-6, "\(measurement.metric)")
      #expect(measurement.currentRows == 100 && measurement.baselineRows == 140)
      let p = try #require(measurement.pValue, "\(measurement.metric)")
      #expect((0...1).contains(p))
      // All of these rows have moved: but for the entropy, which may stay, every metric says so.
      if measurement.metric != .sizeEntropyDelta { #expect(p < 0.02, "\(measurement)") }
      let threshold = try #require(measurement.suggestedThreshold)
      #expect(measurement.metric.isSigned || measurement.metric.isLowerWithDrift == (measurement.value < threshold), "\(measurement)")
    }
  }

  @Test("find nothing where there is nothing, nearly always") func quiet() throws {
    var alarms = 0
    for seed in 0..<6 {
      let rows = try Fixtures.blobs(rows: 360, columns: 5, centres: 3, seed: UInt64(seed))
      let baseline = try rows.selecting(Array(0..<240))
      let result = try KMeans(clusters: 3, runs: 1, seed: 1).run(on: baseline)
      let snapshot = try BaselineSnapshot(of: baseline, normalised: false, centroids: result.centroids, windows: [100], seed: UInt64(seed))
      let metrics = Self.oracle.filter { $0 != .frechet }
      for measurement in try snapshot.measure(metrics, of: rows.selecting(Array(240..<340)), options: .init(permutations: 60)) {
        if let p = measurement.pValue, p < 0.01 { alarms += 1 }
      }
    }
    // 102 measurements, of which about 1 is expected; metrics of the same rows go together.
    #expect(alarms <= 8)
  }

  @Test("know how far a full exchange would go") func contrast() throws {
    let snapshot = try Self.snapshot()
    for null in snapshot.nulls where null.metric == .cosineDrift || null.metric == .psi || null.metric == .frechetDiagonal {
      #expect(null.contrast > null.mean + 3 * null.deviation)
    }
    #expect(Set(snapshot.nulls.map(\.metric)) == Set(DriftMetric.calibratedBySplits))
    #expect(snapshot.nulls.allSatisfy { $0.windowRows == 50 && $0.baselineRows == 90 })
  }

  @Test("survive being stored, byte by byte, and refuse damage") func bytes() throws {
    let snapshot = try Self.snapshot(normalised: true)
    let bytes = snapshot.encoded()
    #expect(try BaselineSnapshot(decoding: bytes) == snapshot)
    for count in stride(from: 0, to: bytes.count, by: 37) {
      #expect(throws: Problem.self) { try BaselineSnapshot(decoding: Array(bytes.prefix(count))) }
    }
    #expect(throws: Problem.self) { try BaselineSnapshot(decoding: bytes + [0]) }
    #expect(throws: Problem.self) { try BaselineSnapshot(decoding: Array("PBS2".utf8) + bytes.dropFirst(4)) }
    // Counts that claim more than there is must not be believed.
    for place in stride(from: 4, to: 400, by: 8) {
      var damaged = bytes
      damaged[place + 6] = 0x7F
      _ = try? BaselineSnapshot(decoding: damaged)
    }
  }

  @Test("do not depend on the number of threads") func threads() throws {
    #expect(try Self.snapshot(threads: 1) == Self.snapshot(threads: 2))
    let snapshot = try Self.snapshot(windows: [])
    let (_, current, _) = try DriftFixture.rows()
    let one = try snapshot.measure(Self.oracle, of: current, options: .init(permutations: 20, threads: 1))
    #expect(try snapshot.measure(Self.oracle, of: current, options: .init(permutations: 20, threads: 2)) == one)
    // Without splits there is no chance to tell of.
    #expect(one.first { $0.metric == .cosineDrift }?.pValue == nil)
  }

  @Test("tell of noise and of sizes in either direction") func deltas() throws {
    let snapshot = try Self.snapshot()
    #expect(snapshot.noise == 7 && abs(snapshot.noiseRatio - 0.05) < 1e-12)
    let (_, current, _) = try DriftFixture.rows()
    let labels = [Int32](repeating: -1, count: 40) + [Int32](repeating: 0, count: 60)
    let noisy = try snapshot.measure(.noiseRatioDelta, of: current, labels: labels)
    #expect(abs(noisy.value - 0.35) < 1e-12 && (noisy.pValue ?? 1) < 1e-9 && (noisy.z ?? 0) > 5)
    let clean = try snapshot.measure(.noiseRatioDelta, of: current, labels: Array(repeating: 0, count: 100))
    #expect(abs(clean.value + 0.05) < 1e-12 && (clean.z ?? 0) < 0)
    #expect(#expect(throws: Problem.self) { try snapshot.measure(.noiseRatioDelta, of: current) }?.path == "labels")
  }

  @Test("bear two rows, constants, one column, thousands of columns, and no clusters") func degenerate() throws {
    let shapes: [Matrix] = [
      try Matrix([[1], [2]]), try Matrix(rows: 6, columns: 2, values: Array(repeating: 1, count: 12)),
      try Matrix(rows: 5, columns: 3, values: Array(repeating: 0, count: 15)), try Fixtures.blobs(rows: 12, columns: 4096, centres: 2),
    ]
    for rows in shapes {
      let snapshot = try BaselineSnapshot(of: rows, normalised: true, windows: [1, 3], sampleRows: 2000, threads: 2)
      #expect(try BaselineSnapshot(decoding: snapshot.encoded()) == snapshot)
      #expect((snapshot.covariance == nil) == (rows.columns > 1024))
      for metric in DriftMetric.allCases where !metric.needsCentroids {
        do throws(Problem) {
          let measurement = try snapshot.measure(metric, of: rows, options: .init(permutations: 10))
          #expect(measurement.value.isFinite, "\(measurement)")
        } catch {
          #expect(error.path != nil && error.kind == .invalid, "\(error)")
        }
      }
      #expect(#expect(throws: Problem.self) { try snapshot.measure(.psi, of: rows) }?.path == "metric")
    }
  }

  @Test("refuse what does not fit, and stop when cancelled") func bad() throws {
    let (baseline, current, centroids) = try DriftFixture.rows()
    let snapshot = try Self.snapshot(windows: [])
    #expect(throws: Problem.self) { try snapshot.measure(.mmd, of: Matrix([[1, 2]])) }
    #expect(throws: Problem.self) { try snapshot.measure(.mmd, of: current.selecting([])) }
    #expect(throws: Problem.self) { try BaselineSnapshot(of: baseline.selecting([0]), normalised: false) }
    #expect(#expect(throws: Problem.self) { try BaselineSnapshot(of: baseline, normalised: false, windows: [0]) }?.path == "windows")
    #expect(#expect(throws: Problem.self) { try BaselineSnapshot(of: baseline, normalised: false, labels: [1]) }?.path == "labels")
    #expect(#expect(throws: Problem.self) { try BaselineSnapshot(of: baseline, normalised: false, sampleRows: 1) }?.path == "sample_rows")
    #expect(throws: Problem.self) { try BaselineSnapshot(of: baseline, normalised: false, centroids: Matrix([[1]])) }
    let near = #expect(throws: Problem.self) { try DriftMetric(named: "cosin_drift") }
    #expect(near?.didYouMean == "cosine_drift" && near?.path == "metric")
    let stopped = DriftFixture.cancelled()
    #expect(
      #expect(throws: Problem.self) {
        try BaselineSnapshot(of: baseline, normalised: false, centroids: centroids, cancellation: stopped)
      }?.kind == .cancelled)
    #expect(#expect(throws: Problem.self) { try snapshot.measure(.ks, of: current, cancellation: stopped) }?.kind == .cancelled)
  }
}
