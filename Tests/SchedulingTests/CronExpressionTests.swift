import Basics
import Testing

@testable import Scheduling

@Suite("Cron expressions") struct CronExpressionTests {
  @Test(
    "allow the values they write",
    arguments: [
      ("*/20 * * * *", CronField.Place.minute, [0, 20, 40]), ("5-59/20 * * * *", .minute, [5, 25, 45]), ("50/3 * * * *", .minute, [50, 53, 56, 59]),
      ("3,1,2-2,1 * * * *", .minute, [1, 2, 3]), ("07 * * * *", .minute, [7]), ("*/90 * * * *", .minute, [0]),
      ("0 20-23 * * *", .hour, [20, 21, 22, 23]),
      ("0 0 * JAN,mar,Dec *", .month, [1, 3, 12]), ("0 0 * feb-4 *", .month, [2, 3, 4]), ("0 0 * 11/1 *", .month, [11, 12]),
      ("0 0 * * 0", .dayOfWeek, [0]), ("0 0 * * 7", .dayOfWeek, [0]), ("0 0 * * sun", .dayOfWeek, [0]), ("0 0 * * 5-7", .dayOfWeek, [0, 5, 6]),
      ("0 0 * * 0-7", .dayOfWeek, [0, 1, 2, 3, 4, 5, 6]), ("0 0 * * FRI-7", .dayOfWeek, [0, 5, 6]), ("0 0 * * 1/2", .dayOfWeek, [1, 3, 5]),
      ("0 0 * * 5-7/2", .dayOfWeek, [0, 5]), ("0 0 * * */2", .dayOfWeek, [0, 2, 4, 6]), ("10 * * * *", .second, [0]),
      ("*/30 * * * * *", .second, [0, 30]),
      ("0 0 29,L * *", .dayOfMonth, [29]), (" \t 4   * * *  * ", .minute, [4]), ("0 0 ? * 1", .dayOfMonth, Array(1...31)),
    ])
  func values(text: String, place: CronField.Place, expected: [Int]) throws {
    #expect(try CronExpression(text).field(place).values == expected)
  }

  @Test(
    "know their macros, in any case",
    arguments: [
      ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"),
      ("@midnight", "0 0 * * *"), ("@Hourly", "0 * * * *"),
    ])
  func macros(macro: String, meaning: String) throws {
    #expect(try CronExpression(macro).fields == (try CronExpression(meaning).fields))
    #expect(try CronExpression(macro).text == macro)
  }

  @Test(
    "follow elapsed time if minute or hour begins with a star",
    arguments: [
      ("* 2 * * *", true), ("*/20 1 * * *", true), ("0 * * * *", true), ("0 */6 * * *", true), ("* 0 2 * * *", false), ("0 2 * * *", false),
      ("0-59 0-23 * * *", false), ("0,* 2 * * *", false), ("@hourly", true), ("@daily", false),
    ])
  func wildcard(text: String, expected: Bool) throws { #expect(try CronExpression(text).isWildcard == expected) }

  @Test(
    "that are wrong are refused with the field, the column and the near miss",
    arguments: [
      ("* * * * MOM", "day_of_week", 9, "MON"), ("* * * JNA *", "month", 7, "JAN"), ("0 0 * * MONDAY", "day_of_week", 9, "MON"),
      ("0 0 * * FRI-SUN", "day_of_week", 9, nil), ("0 22-2 * * *", "hour", 3, nil), ("60 * * * *", "minute", 1, nil),
      ("61 * * * * *", "second", 1, nil),
      ("0  24 * * *", "hour", 4, nil), ("0 0 0 * *", "day_of_month", 5, nil), ("0 0 1,32 * *", "day_of_month", 7, nil),
      ("* * * 0 *", "month", 7, nil),
      ("* * * * 8", "day_of_week", 9, nil), ("*/0 * * * *", "minute", 3, nil), ("1,,2 * * * *", "minute", 3, nil), ("1, * * * *", "minute", 3, nil),
      ("*/ * * * *", "minute", 3, nil), ("5- * * * *", "minute", 3, nil), ("-5 * * * *", "minute", 1, nil), ("*5 * * * *", "minute", 2, nil),
      ("1-2-3 * * * *", "minute", 4, nil), ("*/2/2 * * * *", "minute", 4, nil), ("MON * * * *", "minute", 1, nil), ("0 0 * MON *", "month", 7, nil),
      ("0 0 L-3 * *", "day_of_month", 6, nil), ("0 0 32W * *", "day_of_month", 5, nil), ("0 0 W * *", "day_of_month", 5, nil),
      ("0 0 1W-5 * *", "day_of_month", 7, nil), ("0 0 L/2 * *", "day_of_month", 6, nil), ("0 0 * * L", "day_of_week", 9, nil),
      ("0 0 * * 5#6", "day_of_week", 11, nil), ("0 0 * * 5#0", "day_of_week", 11, nil), ("0 0 * * 5#", "day_of_week", 11, nil),
      ("0 0 * * 5W", "day_of_week", 10, nil), ("0 0 5#2 * *", "day_of_month", 6, nil), ("0 5L * * *", "hour", 4, nil),
      ("? * * * *", "minute", 1, nil),
      ("0 0 ?/2 * *", "day_of_month", 5, nil), ("0 0 * * ?,1", "day_of_week", 9, nil), ("99999999999999999999 * * * *", "minute", 1, nil),
      ("0x5 * * * *", "minute", 2, nil), ("1.5 * * * *", "minute", 2, nil), ("0 0 30 2 *", "day_of_month", 5, nil),
      ("0 0 31 4,6,9,11 *", "day_of_month", 5, nil),
      ("0 0 30W feb */2", "day_of_month", 5, nil),
    ] as [(String, String, Int, String?)])
  func refused(text: String, field: String, column: Int, near: String?) throws {
    let problem = try #require(throws: Problem.self) { try CronExpression(text) }
    #expect(problem.kind == .invalid)
    #expect(problem.path == "cron_expression")
    #expect(problem.details["field"] == .string(field))
    #expect(problem.details["column"] == .int(column))
    #expect(problem.didYouMean == near)
    let value = try #require(problem.details["value"]?.string)
    #expect(text.contains(value) && problem.message.contains("'\(value)'"))
    #expect(problem.hint?.contains("\"") == true)
  }

  @Test(
    "that are no five or six fields are refused as a whole",
    arguments: [
      ("", nil), ("   ", nil), ("* * * *", nil), ("* * * * * * *", nil), ("daily", "@daily"), ("@dayly", "@daily"), ("@reboot", nil),
      ("@every 5m", nil),
      ("@daily 5", nil), ("TZ=Europe/Paris 0 2 * * *", nil), ("CRON_TZ=UTC 0 2 * *", nil), ("٣ * * * *", nil), ("* * * * *\n", nil),
      ("* * * * *\u{0}", nil),
      ("0\u{a0}2 * * *", nil), (String(repeating: "0,", count: 600) + "0 * * * *", nil),
    ] as [(String, String?)])
  func refusedWhole(text: String, near: String?) throws {
    let problem = try #require(throws: Problem.self) { try CronExpression(text) }
    #expect(problem.path == "cron_expression")
    #expect(problem.didYouMean == near)
    #expect(problem.hint != nil)
  }

  @Test("are refused or read, whatever the bytes, and what was read reads the same again") func fuzz() throws {
    var random = SeededRandom(seed: 1)
    let alphabet = Array("0123456789*/-,?LW#@ \tMONJAFEBlwé\n".utf8)
    var read = 0
    for round in 0..<20_000 {
      var bytes: [UInt8]
      if round % 2 == 0 {
        bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
          round % 4 == 0 ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random)!
        }
      } else {
        bytes = Array("*/5 1-3 L,15W jan-DEC 5#2,MONL".utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = alphabet.randomElement(using: &random)!
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do {
        let expression = try CronExpression(text)
        let again = try CronExpression(expression.text)
        #expect(again.text == expression.text && again.fields.map(\.items) == expression.fields.map(\.items))
        read += 1
      } catch {
        #expect(error.path == "cron_expression" && error.hint != nil)
      }
    }
    #expect(read > 300, "the fuzz should also hit expressions that are right, but hit \(read)")
  }

  @Test(
    "come with warnings",
    arguments: [
      ("0 0 1,15 * 5", ["either of them"]), ("0 0 */2 * 1", ["only on days that match both", "2 does not divide every month"]),
      ("*/35 * * * *", ["35 does not divide 60 minutes"]), ("*/90 * * * *", ["only 0 matches"]), ("0 */5 * * *", ["5 does not divide 24 hours"]),
      ("0 0 * * */2", ["2 does not divide 7 days"]), ("*/15 */6 * * *", []), ("0 0 * * 1", []), ("0 0 ? * 1", []), ("0 0 1 */3 *", []),
      ("10-50/7 * * * *", []),
    ])
  func warnings(text: String, expected: [String]) throws {
    let warnings = try CronExpression(text).warnings
    #expect(warnings.count == expected.count)
    for (warning, part) in zip(warnings, expected) { #expect(warning.contains(part)) }
  }
}
