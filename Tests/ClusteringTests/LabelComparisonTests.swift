import Basics
import Testing

@testable import Clustering

@Suite("Comparisons of labelings") struct LabelComparisonTests {
  struct Case: CustomTestStringConvertible {
    var name = ""
    var first: [Int32] = []
    var second: [Int32] = []
    var scores: [Double] = []
    var testDescription: String { name }

    static let all: [Case] = {
      let text = (try? Fixtures.bytes("comparisons.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
      var result: [Case] = []
      for line in text.split(separator: "\n") where !line.hasPrefix("#") {
        let words = line.split(separator: " ").map(String.init)
        if words[0] == "pair" { result.append(Case(name: words[1...].joined(separator: " "))) }
        let last = result.count - 1
        if words[0] == "first" { result[last].first = words.dropFirst().compactMap { Int32($0) } }
        if words[0] == "second" { result[last].second = words.dropFirst().compactMap { Int32($0) } }
        if words[0] == "scores" { result[last].scores = words.dropFirst().compactMap { Double($0) } }
      }
      return result
    }()
  }

  static func scores(_ c: LabelComparison) -> [Double] {
    [
      c.adjustedRandIndex, c.randIndex, c.adjustedMutualInformation, c.normalisedMutualInformation, c.mutualInformation, c.homogeneity,
      c.completeness,
      c.vMeasure, c.fowlkesMallows,
    ]
  }

  @Test("are scikit-learn's", arguments: Case.all) func oracle(oracle: Case) throws {
    #expect(oracle.scores.count == 9)
    let comparison = try LabelComparison(oracle.first, oracle.second)
    for (ours, theirs) in zip(Self.scores(comparison), oracle.scores) { #expect(abs(ours - theirs) < 1e-11) }
    // The order of the two exchanges homogeneity and completeness, and nothing else; names mean nothing.
    let turned = try LabelComparison(oracle.second.map { 9 - $0 }, oracle.first)
    #expect(abs(turned.adjustedRandIndex - comparison.adjustedRandIndex) < 1e-12 && abs(turned.homogeneity - comparison.completeness) < 1e-12)
    #expect(abs(turned.adjustedMutualInformation - comparison.adjustedMutualInformation) < 1e-10)
  }

  @Test("are 1 for equal labelings, whatever the names") func equal() throws {
    for labels: [Int32] in [[0, 0, 1, 1, 2], [5], [0, 1, 2], [3, 3, 3]] {
      let comparison = try LabelComparison(labels, labels.map { -$0 - 1 })
      #expect(comparison.adjustedRandIndex == 1 && comparison.randIndex == 1 && abs(comparison.vMeasure - 1) < 1e-12)
      #expect(abs(comparison.adjustedMutualInformation - 1) < 1e-12 && abs(comparison.normalisedMutualInformation - 1) < 1e-12)
    }
  }

  @Test("are about 0 by chance, when adjusted") func chance() throws {
    var random = SeededRandom(seed: 1)
    let a = (0..<400).map { _ in Int32(random.next() % 5) }
    let b = (0..<400).map { _ in Int32(random.next() % 7) }
    let comparison = try LabelComparison(a, b)
    #expect(abs(comparison.adjustedRandIndex) < 0.03 && abs(comparison.adjustedMutualInformation) < 0.03)
    // One cluster against many tells nothing.
    let flat = try LabelComparison([0, 0, 0, 0], [0, 1, 0, 1])
    #expect(flat.adjustedRandIndex == 0 && flat.adjustedMutualInformation == 0 && flat.homogeneity == 1 && flat.completeness == 0)
  }

  @Test("refuse labelings of different rows") func bad() {
    #expect(#expect(throws: Problem.self) { try LabelComparison([0, 1], [0]) }?.path == "labels")
    #expect(throws: Problem.self) { try LabelComparison([], []) }
    #expect(throws: Problem.self) { try RunStability(of: [[0, 1]]) }
    #expect(throws: Problem.self) { try RunStability(of: [[0, 1], [0]]) }
  }

  @Test("count a table of what meets what") func table() throws {
    let table = try Contingency([0, 0, 7, 7, -1], [2, 2, 2, 1, 1])
    #expect(table.before == [-1, 0, 7] && table.after == [1, 2] && table.beforeSizes == [1, 2, 2] && table.afterSizes == [2, 3])
    #expect(table.cells.map { [$0.row, $0.column, $0.count] } == [[0, 0, 1], [1, 1, 2], [2, 0, 1], [2, 1, 1]])
  }
}

@Suite("Clusters from run to run") struct LabelMatchingTests {
  /// Three runs of k-means with 50 clusters over the same 5,000 rows.
  static func run(_ number: Int) throws -> [Int32] { try Fixtures.bytes("runs.u8")[number * 5000..<(number + 1) * 5000].map(Int32.init) }

  @Test("are paired as SciPy's assignment pairs them", arguments: [(1, 4213, 0.1574, 0.7299827411915529), (2, 2591, 0.4818, 0.40827369711693756)])
  func oracle(other: Int, matched: Int, churn: Double, ari: Double) throws {
    let (a, b) = (try Self.run(0), try Self.run(other))
    let matching = try LabelMatching(a, b)
    #expect(matching.matched == matched && abs((matching.labelChurn ?? 9) - churn) < 1e-12)
    #expect(abs(try LabelComparison(a, b).adjustedRandIndex - ari) < 1e-12)
    if other == 1 { #expect(matching.pairs.allSatisfy { $0.before == $0.after } && matching.pairs.count == 50) }
  }

  @Test("keep their ids under any renumbering") func renumbering() throws {
    let before = try Self.run(0)
    let after = before.map { ($0 * 7 + 3) % 50 }
    let matching = try LabelMatching(before, after)
    #expect(matching.labelChurn == 0 && matching.births.isEmpty && matching.deaths.isEmpty && matching.pairs.allSatisfy(\.kept))
    #expect(matching.renamed(after) == before)
  }

  @Test("are born, die, split and merge") func lives() throws {
    //  before: 0 0 0 0 0 0, 1 1 1 1, 2 2, 3 3 3, noise
    let before: [Int32] = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, -1, -1]
    let after: [Int32] = [4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7, 8, -1, -1, 9]
    let matching = try LabelMatching(before, after)
    #expect(matching.splits == [LabelMatching.Change(one: 0, many: [4, 5]), LabelMatching.Change(one: 3, many: [7, 8])])
    #expect(matching.merges == [LabelMatching.Change(one: 6, many: [1, 2])])
    #expect(matching.identities[6] == 1 && matching.identities[4] == 0)
    #expect(matching.births == [5, 7, 8, 9] && matching.deaths == [2, 3])
    #expect([5, 7, 8, 9].map { matching.identities[$0] } == [4, 5, 6, 7])
    // Three of 0, four of 1, one of 3, and the noise that stayed.
    #expect(matching.matched == 9 && matching.rows == 17)
    #expect(matching.renamed([-1, 4]) == [-1, 0])
  }

  @Test("of disjoint rows are paired by their centroids") func centroids() throws {
    let before = try Matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    let after = try Matrix([[0, 0.1, 2], [-3, 0.1, 0], [0.1, 5, 0], [1, 1, 1]])
    let matching = try LabelMatching(centroids: before, after, minimumCosine: 0.7)
    #expect(matching.identities == [0: 2, 2: 1, 1: 3, 3: 4] && matching.deaths == [0] && matching.births == [1, 3] && matching.labelChurn == nil)
    #expect(throws: Problem.self) { try LabelMatching(centroids: before, Matrix([[1]])) }
    #expect(#expect(throws: Problem.self) { try LabelMatching(centroids: before, after, minimumCosine: 2) }?.path == "minimum_cosine")
  }

  @Test("have the best pairing of all") func best() {
    var random = SeededRandom(seed: 31)
    for (rows, columns) in [(1, 1), (2, 5), (4, 4), (5, 3), (0, 3), (3, 0)] {
      let gains = (0..<max(rows, 1)).map { _ in (0..<max(columns, 1)).map { _ in Double(random.next() % 20) } }
      let pairing = BestPairing.of(rows: rows, columns: columns) { gains[$0][$1] }
      let chosen = pairing.compactMap { $0 }
      #expect(Set(chosen).count == chosen.count && chosen.count == min(rows, columns))
      var sum = 0.0
      for (row, column) in pairing.enumerated() { if let column { sum += gains[row][column] } }
      func most(_ row: Int, _ free: Set<Int>) -> Double {
        guard row < rows else { return 0 }
        var best = rows > columns ? most(row + 1, free) : -Double.infinity
        for column in free { best = max(best, gains[row][column] + most(row + 1, free.subtracting([column]))) }
        return free.isEmpty ? most(row + 1, free) : best
      }
      #expect(sum == most(0, Set(0..<columns)))
    }
  }

  @Test("are as stable as runs agree") func stability() throws {
    let runs = try (0..<3).map(Self.run)
    let stability = try RunStability(of: runs)
    #expect(stability.minimumARI < 0.41 && stability.meanARI > stability.minimumARI && stability.meanAMI > 0.6 && stability.meanChurn > 0.15)
    let same = try RunStability(of: [[0, 0, 1], [1, 1, 0]])
    #expect(same.meanARI == 1 && same.meanChurn == 0)
  }
}
