import Basics
import Testing

@testable import Clustering

@Suite("Tallies of current rows") struct DriftTallyTests {
  @Test("of pieces give what all rows at once give", arguments: [1, 13, 64, 1000], [false, true])
  func pieces(size: Int, normalised: Bool) throws {
    let (_, current, _) = try DriftFixture.rows()
    let snapshot = try BaselineSnapshotTests.snapshot(normalised: normalised)
    let whole = try snapshot.measure(BaselineSnapshotTests.oracle, of: current)
    var tally = try snapshot.tally(BaselineSnapshotTests.oracle, expecting: current.rows)
    for start in stride(from: 0, to: current.rows, by: size) {
      try tally.add(current.selecting(Array(start..<min(start + size, current.rows))))
    }
    #expect(tally.count == current.rows)
    for (one, other) in zip(try snapshot.measure(tally), whole) {
      #expect(one.metric == other.metric && one.currentRows == other.currentRows && one.baselineRows == other.baselineRows)
      #expect(abs(one.value - other.value) < 1e-9, "\(one.metric)")
      #expect((one.pValue == nil) == (other.pValue == nil) && abs((one.pValue ?? 0) - (other.pValue ?? 0)) < 1e-6, "\(one.metric)")
    }
  }

  @Test("count noise that a run reports")
  func noise() throws {
    let (_, current, _) = try DriftFixture.rows()
    let snapshot = try BaselineSnapshotTests.snapshot()
    var tally = try snapshot.tally([.noiseRatioDelta], expecting: current.rows)
    try tally.add(current)
    let reported = try snapshot.measure(tally, noise: .init(rows: 20, of: 100))[0]
    let labels = Array(repeating: Int32(-1), count: 20) + Array(repeating: 1, count: 80)
    #expect(try snapshot.measure(.noiseRatioDelta, of: current, labels: labels) == reported)
    #expect(abs(reported.value - (0.2 - 0.05)) < 1e-12)
    #expect(throws: Problem.self) { try snapshot.measure(tally) }
  }

  @Test("refuse rows of another size, and metrics that the baseline cannot give")
  func refused() throws {
    let (baseline, current, _) = try DriftFixture.rows()
    let plain = try BaselineSnapshot(of: baseline, normalised: false)
    #expect { try plain.tally([.psi], expecting: 3) } throws: { ($0 as? Problem)?.path == "metric" }
    var tally = try plain.tally([.centroidShift], expecting: 3)
    #expect(throws: Problem.self) { try plain.measure(tally) }
    #expect(throws: Problem.self) { try tally.add(Matrix(rows: 1, columns: 2, values: [1, 2])) }
    try tally.add(current)
    #expect(try plain.measure(tally)[0].value > 1)
  }

  @Test("sample rows by the seed, whatever the pieces", arguments: [(10, 100), (100, 100), (200, 100), (0, 100)])
  func samples(limit: Int, total: Int) throws {
    let rows = try Matrix(rows: total, columns: 1, values: (0..<total).map(Float.init))
    func sample(_ piece: Int, _ seed: UInt64) throws -> [Float] {
      var sample = RowSample(limit: limit, of: total, columns: 1, seed: seed)
      for start in stride(from: 0, to: total, by: piece) { try sample.add(rows.selecting(Array(start..<min(start + piece, total)))) }
      return try sample.matrix().values
    }
    let whole = try sample(total, 3)
    #expect(whole.count == min(limit, total) && whole == whole.sorted() && Set(whole).count == whole.count)
    #expect(try sample(7, 3) == whole)
    if limit == 10 { #expect(try sample(7, 4) != whole) }
  }
}
