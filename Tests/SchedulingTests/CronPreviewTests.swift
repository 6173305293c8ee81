import Basics
import Testing

@testable import Scheduling

@Suite("Schedules in words") struct ScheduleTextTests {
  @Test("say what they do", arguments: TestData.rows("texts.tsv")) func text(row: [String]) throws {
    #expect(ScheduleText.describe(try CronExpression(row[0]), in: "UTC") == row[1] + " (UTC)")
  }

  @Test("name no zone if none is given") func noZone() throws {
    #expect(TestData.rows("texts.tsv").count == 37)
    #expect(ScheduleText.describe(try CronExpression("@hourly")) == "Every hour")
  }
}

@Suite("Cron previews") struct CronPreviewTests {
  private func preview(_ expression: String, _ zone: String, _ after: String, _ count: Int, _ policy: DSTPolicy = DSTPolicy()) throws -> CronPreview {
    try CronPreview(expression: expression, timezone: zone, after: try TestData.instant(after), count: count, zones: TestData.zones, policy: policy)
  }

  @Test("show the next times in UTC and on the wall, and what the clocks do to them") func json() throws {
    let json = try preview("30  2 * * *", "America/New_York", "2024-03-09T00:00:00Z", 3).json
    #expect(
      json == [
        "expression": "30 2 * * *", "timezone": "America/New_York", "dst_gap": "fire_after", "dst_fold": "first",
        "text": "At 02:30 every day (America/New_York)",
        "next": ["2024-03-09T07:30:00Z", "2024-03-10T07:00:00Z", "2024-03-11T06:30:00Z"],
        "local": ["2024-03-09T02:30:00-05:00", "2024-03-10T03:00:00-04:00", "2024-03-11T02:30:00-04:00"],
        "notes": [["at": "2024-03-10T07:00:00Z", "note": "02:30 does not exist on this day: clocks go from 02:00 to 03:00"]],
        "warnings": ["02:30 does not exist in America/New_York on 2024-03-10, when clocks go from 02:00 to 03:00: it comes at 03:00 instead"],
      ])
  }

  @Test(
    "note what is special about a time",
    arguments: [
      (
        "30 1 * * *", "America/New_York", "2024-11-03T00:00:00Z",
        ["01:30 comes twice on this day: this is the first", "clocks have gone back by 1 hour"]
      ),
      (
        "*/40 1 * * *", "America/New_York", "2024-11-03T05:30:00Z",
        ["01:40 comes twice on this day: this is the first", "01:00 comes twice on this day: this is the second"]
      ),
      ("30 2 * * *", "Australia/Lord_Howe", "2024-10-05T00:00:00Z", ["clocks have gone forward by 30 minutes", ""]),
      ("0 * * * *", "UTC", "2024-10-05T00:00:00Z", ["", ""]),
      ("0 0 * * *", "Pacific/Apia", "2011-12-29T20:00:00Z", ["clocks have gone forward by 24 hours", ""]),
    ])
  func notes(text: String, zone: String, after: String, expected: [String]) throws {
    #expect(try preview(text, zone, after, expected.count).runs.map { $0.note ?? "" } == expected)
  }

  @Test(
    "warn of the first gap and the first fold in five years",
    arguments: [
      ("30 1,2 * * *", ["02:30 does not exist in America/New_York on 2024-03-10", "01:30 comes twice in America/New_York on 2024-11-03"]),
      ("30 2 * * MON", []), ("*/30 * * * *", []), ("*/30 1 * * *", ["it comes both times"]), ("*/30 2 * * *", ["it does not come then"]),
      ("0 12 * * *", []),
    ])
  func warnings(text: String, expected: [String]) throws {
    let warnings = try preview(text, "America/New_York", "2024-01-01", 1).warnings
    #expect(warnings.count == expected.count)
    for (warning, part) in zip(warnings, expected) { #expect(warning.contains(part)) }
  }

  @Test("say in the warning what the policy does") func policies() throws {
    let skip = try preview("30 1,2 * * *", "America/New_York", "2024-01-01", 1, DSTPolicy(gap: .skip, fold: .last)).warnings
    #expect(skip.count == 2 && skip[0].hasSuffix("it does not come then") && skip[1].hasSuffix("only the second counts"))
    let apia = try preview("0 12 * * *", "Pacific/Apia", "2011-01-01", 1).warnings
    #expect(apia.contains { $0.hasPrefix("12:00 does not exist in Pacific/Apia on 2011-12-30") && $0.hasSuffix("it does not come then") })
  }

  @Test("refuse a wrong expression, zone and count at their fields") func refused() throws {
    #expect(try #require(throws: Problem.self) { try preview("* *", "UTC", "2024-01-01", 1) }.path == "cron_expression")
    #expect(try #require(throws: Problem.self) { try preview("* * * * *", "Mars", "2024-01-01", 1) }.path == "timezone")
    for count in [0, -1, 1001, Int.max] {
      #expect(try #require(throws: Problem.self) { try preview("* * * * *", "UTC", "2024-01-01", count) }.path == "count")
    }
    #expect(try preview("* * * * *", "UTC", "2024-01-01", 1000).runs.count == 1000)
  }
}
