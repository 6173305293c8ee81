import Basics
import Engine
import Model
import Scheduling
import Testing

@Suite("Numbers in scripts") struct LibraryNumbersTests {
  private func calls(until work: Cancellation = Cancellation()) -> LibraryCalls {
    var calls = LibraryCalls(surroundings: .real, zones: Zones()) { (name, _, _, _) throws(Problem) in
      throw Problem(.internal, "\(name) was asked for")
    }
    calls.work = work
    return calls
  }

  private static let vectors = JSON.array((0..<600).map { .array([.double(Double($0 * 7919 % 601)), .double(Double($0 * $0 % 607))]) })

  @Test("vector.kmeans groups what lies together") func groups() throws {
    let answer = try calls().answer("vector.kmeans", [[[0, 0], [0, 1], [9, 9], [9, 8]], 2])
    let labels = try #require(answer["labels"]?.array)
    #expect(labels[0] == labels[1] && labels[2] == labels[3] && labels[0] != labels[2])
  }

  @Test("vector.kmeans ends with its run, wherever it is by then", arguments: [1, 2, 5, 20, 60]) func ends(look: Int) throws {
    let work = Cancellation(atLook: look)
    let problem = try #require(throws: Problem.self) { try calls(until: work).answer("vector.kmeans", [Self.vectors, 150, ["iterations": 10_000]]) }
    #expect(problem.kind == .budget && problem.message == "vector.kmeans: the run was to end before the groups were found")
    // The look that raised it, and at most one for each piece of the rows, whose work is left because of it.
    #expect(work.looks <= look + 24)
  }
}
