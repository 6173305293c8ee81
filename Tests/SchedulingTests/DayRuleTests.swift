import Basics
import Testing

@testable import Scheduling

@Suite("Days of a month") struct DayRuleTests {
  /// Every day of 28 years, asked by definition.
  static let days = (CivilDate(year: 2000, month: 1, day: 1).daysSinceEpoch..<CivilDate(year: 2028, month: 1, day: 1).daysSinceEpoch)
    .map(CivilDate.init(daysSinceEpoch:))

  struct Definition: Sendable, CustomTestStringConvertible {
    let text: String
    let isMeant: @Sendable (CivilDate) -> Bool
    var testDescription: String { text }

    init(_ text: String, _ isMeant: @escaping @Sendable (CivilDate) -> Bool) {
      self.text = text
      self.isMeant = isMeant
    }
  }

  static let definitions = [
    Definition("0 0 L * *") { !exists($0.day + 1, $0) },
    Definition("0 0 LW * *") { date in isWeekday(date) && (date.day + 1..<32).allSatisfy { !exists($0, date) || !isWeekday(on($0, date)) } },
    Definition("0 0 15W * *") { $0.day == nearest(15, $0) },
    Definition("0 0 1W * *") { $0.day == nearest(1, $0) },
    Definition("0 0 31W * *") { $0.day == nearest(31, $0) },
    Definition("0 0 28W 2 *") { $0.month == 2 && $0.day == nearest(28, $0) },
    Definition("0 0 * * 5#2") { $0.weekday == 5 && ($0.day - 1) / 7 == 1 },
    Definition("0 0 * * MON#5") { $0.weekday == 1 && $0.day > 28 },
    Definition("0 0 * * 0L") { $0.weekday == 0 && !exists($0.day + 7, $0) },
    Definition("0 0 * * 7l,wed#1") { ($0.weekday == 0 && !exists($0.day + 7, $0)) || ($0.weekday == 3 && $0.day < 8) },
    Definition("0 0 13 * FRI") { $0.day == 13 || $0.weekday == 5 },
    Definition("0 0 */2 * 1") { $0.day % 2 == 1 && $0.weekday == 1 },
    Definition("0 0 13 * */5") { $0.day == 13 && ($0.weekday == 0 || $0.weekday == 5) },
    Definition("0 0 L 2 *") { $0.month == 2 && !exists($0.day + 1, $0) },
    Definition("0 0 L * 5") { !exists($0.day + 1, $0) || $0.weekday == 5 },
    Definition("0 0 1-31 * 5") { _ in true },
    Definition("0 0 29 2 *") { $0.month == 2 && $0.day == 29 },
  ]

  @Test("match their definition on every day of 28 years", arguments: definitions) func definition(definition: Definition) throws {
    let expression = try CronExpression(definition.text)
    for date in Self.days {
      let start = Int64(date.daysSinceEpoch) * 86400
      let fires = expression.firstMatch(from: start, before: start + 86400) != nil
      if fires != definition.isMeant(date) { Issue.record("\(definition.text) on \(date)") }
      if fires != (expression.lastMatch(from: start, before: start + 86400) != nil) { Issue.record("\(definition.text) backwards on \(date)") }
    }
  }

  @Test("that can never come are refused, those that come once in 40 years are not")
  func rare() throws {
    let sunday = Occurrences(try CronExpression("0 0 29 2 */7"))
    #expect(sunday.next(after: try TestData.instant("2088-03-01")) == (try TestData.instant("2128-02-29")))
    #expect(throws: Problem.self) { try CronExpression("0 0 29W 2 */7") }
    #expect(throws: Problem.self) { try CronExpression("0 0 30,31 2 *") }
    #expect(try CronExpression("0 0 30 2 1").days.combination == .either)
  }
}

private func exists(_ day: Int, _ date: CivilDate) -> Bool { day <= CivilDate.days(in: date.month, of: date.year) }
private func on(_ day: Int, _ date: CivilDate) -> CivilDate { CivilDate(year: date.year, month: date.month, day: day) }
private func isWeekday(_ date: CivilDate) -> Bool { (1...5).contains(date.weekday) }

/// Of the weekdays in the month of `date`, the one nearest to a day of it; 0 when the month has no such day.
private func nearest(_ day: Int, _ date: CivilDate) -> Int {
  guard exists(day, date) else { return 0 }
  let weekdays = (1...31).filter { exists($0, date) && isWeekday(on($0, date)) }
  return weekdays.min { abs($0 - day) < abs($1 - day) } ?? 0
}
