import Basics
import Testing

@testable import Scheduling

@Suite("Published cron vectors") struct CronVectorTests {
  static let vectors = TestData.rows("cron-vectors.tsv")

  @Test("are all there") func count() {
    #expect(Self.vectors.count == 40)
    #expect(TestData.rows("cron-refused.tsv").count == 10)
  }

  @Test("come as expected", arguments: vectors) func expected(row: [String]) throws {
    let occurrences = Occurrences(try CronExpression(row[1]), in: try TestData.zone(row[2]))
    let wanted = try TestData.instants(row[4])
    let after = try TestData.instant(row[3])
    #expect(Array(occurrences.after(after).prefix(wanted.count)) == wanted, "\(row[0]): \(row[1]) in \(row[2])")
  }

  @Test("come as every existing wall time when gaps skip and folds repeat", arguments: vectors.filter { $0.count > 5 })
  func literal(row: [String]) throws {
    let policy = DSTPolicy(gap: .skip, fold: .both)
    let occurrences = Occurrences(try CronExpression(row[1]), in: try TestData.zone(row[2]), policy: policy)
    let wanted = try TestData.instants(row[5])
    let after = try TestData.instant(row[3])
    #expect(Array(occurrences.after(after).prefix(wanted.count)) == wanted, "\(row[0]): \(row[1]) in \(row[2])")
  }

  @Test("backwards are the same, in reverse", arguments: vectors) func backwards(row: [String]) throws {
    let occurrences = Occurrences(try CronExpression(row[1]), in: try TestData.zone(row[2]))
    let wanted = try TestData.instants(row[4])
    for (earlier, later) in zip(wanted, wanted.dropFirst()) { #expect(occurrences.previous(before: later) == earlier) }
  }

  @Test("that must be refused are, with the field and a right one", arguments: TestData.rows("cron-refused.tsv"))
  func refused(row: [String]) throws {
    let problem = try #require(throws: Problem.self) { try CronExpression(row[0]) }
    #expect(problem.kind == .invalid)
    #expect(problem.path == "cron_expression")
    #expect(problem.hint?.contains("\"") == true)
    #expect(problem.details["column"]?.int != nil)
  }
}
