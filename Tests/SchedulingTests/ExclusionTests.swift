import Basics
import Model
import Testing

@testable import Scheduling

@Suite("Exclusion calendars") struct ExclusionTests {
  private func calendar(_ json: JSON, _ zone: String = "UTC") throws -> ExclusionCalendar {
    let schedule = try Schedule(.interval, ["interval_seconds": 60, "exclude": .array([json]), "timezone": .string(zone)])
    return try ExclusionCalendar(schedule.exclude[0], in: try TestData.zone(zone), zones: TestData.zones)
  }

  private static func ical(_ lines: String...) -> JSON {
    ["ical": .string((["BEGIN:VCALENDAR", "BEGIN:VEVENT"] + lines + ["END:VEVENT", "END:VCALENDAR"]).joined(separator: "\r\n"))]
  }

  /// An exclusion, its zone, and moments that it contains or not.
  static let table: [(JSON, String, String, String)] = [
    (["dates": ["2026-12-25"]], "UTC", "2026-12-25T00:00:00Z 2026-12-25T23:59:59Z", "2026-12-24T23:59:59Z 2026-12-26T00:00:00Z 2027-12-25T12:00:00Z"),
    (["dates": ["2026-12-25"]], "Pacific/Auckland", "2026-12-24T11:00:00Z 2026-12-25T10:59:59Z", "2026-12-24T10:59:59Z 2026-12-25T11:00:00Z"),
    (["cron": "* * * * 6"], "Europe/Paris", "2026-01-02T23:00:00Z 2026-01-03T22:59:59Z", "2026-01-02T22:59:59Z 2026-01-03T23:00:00Z"),
    (["cron": "0 12 * * *"], "UTC", "2026-01-02T12:00:00Z 2026-01-02T12:00:59Z", "2026-01-02T12:01:00Z 2026-01-02T11:59:59Z"),
    (ical("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=YEARLY"), "UTC", "2026-01-01T08:00:00Z 2031-01-01T00:00:00Z", "2025-01-01T08:00:00Z 2031-01-02T00:00:00Z"),
    (ical("DTSTART;VALUE=DATE:20260403", "DTEND;VALUE=DATE:20260407"), "UTC", "2026-04-03T00:00:00Z 2026-04-06T23:59:59Z", "2026-04-07T00:00:00Z 2027-04-04T00:00:00Z"),
    (
      ical("DTSTART;TZID=America/New_York:20260302T180000", "DURATION:PT12H", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"), "UTC",
      "2026-03-02T23:00:00Z 2026-03-03T10:59:59Z 2026-03-09T22:00:00Z", "2026-03-02T22:59:59Z 2026-03-03T11:00:00Z 2026-03-07T23:30:00Z"
    ),
    (
      ical("DTSTART:20260105T100000Z", "DTEND:20260105T110000Z", "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3"), "Asia/Tokyo",
      "2026-01-05T10:30:00Z 2026-01-07T10:30:00Z 2026-01-09T10:30:00Z", "2026-01-06T10:30:00Z 2026-01-11T10:30:00Z 2026-01-05T11:00:00Z"
    ),
    (
      ical("DTSTART;VALUE=DATE:20260131", "RRULE:FREQ=MONTHLY;UNTIL=20260401"), "UTC", "2026-01-31T05:00:00Z 2026-03-31T05:00:00Z",
      "2026-02-28T05:00:00Z 2026-05-31T05:00:00Z"
    ),
    (ical("DTSTART;VALUE=DATE:202", " 61224", "SUMMARY:folded, with a colon: here"), "UTC", "2026-12-24T12:00:00Z", "2026-12-25T12:00:00Z"),
  ]

  @Test("contain what they say, in their zone", arguments: table)
  func contains(exclusion: JSON, zone: String, inside: String, outside: String) throws {
    let calendar = try calendar(exclusion, zone)
    for instant in try TestData.instants(inside) { #expect(calendar.contains(instant), "\(instant)") }
    for instant in try TestData.instants(outside) { #expect(!calendar.contains(instant), "\(instant)") }
  }

  @Test(
    "what is wrong is refused, with the place",
    arguments: [
      ([["dates": ["25.12.2026"]]], "exclude[0].dates[0]"), ([["dates": ["2026-12-25"], "cron": "* * * * 6"]], "exclude[0]"),
      ([["cron": "* * * * 6"], ["cron": "* * * *"]], "exclude[1].cron"), ([["ical": "hello"]], "exclude[0].ical"),
      ([ical("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=YEARLY;BYDAY=1MO")], "exclude[0].ical"),
      ([ical("DTSTART;VALUE=DATE:20260101", "EXDATE:20270101")], "exclude[0].ical"), ([ical("DTSTART;VALUE=DATE:20260230")], "exclude[0].ical"),
      ([ical("DTSTART;TZID=Mars/Base:20260101T000000", "DURATION:PT1H")], "exclude[0].ical"), ([ical("SUMMARY:no time")], "exclude[0].ical"),
      ([ical("DTSTART:20260101T000000Z", "DTEND:20251231T000000Z")], "exclude[0].ical"), (["saturday"], "exclude[0]"),
    ] as [(JSON, String)])
  func refused(exclude: JSON, path: String) {
    #expect {
      let schedule = try Schedule(.interval, ["interval_seconds": 60, "exclude": exclude])
      _ = try Timetable(schedule, createdAt: Instant(seconds: 0), zones: TestData.zones)
    } throws: { ($0 as? Problem)?.path == "schedule_config.\(path)" }
  }

  @Test("an excluded instant is skipped with its reason, and the next one fires")
  func skipped() throws {
    var bench = Bench()
    try bench.add(.cron, ["cron_expression": "0 12 * * *", "exclude": [["dates": ["2026-01-01", "2026-01-03"]]]])
    var told: [String] = []
    for day in Int64(0)..<4 {
      for step in bench.steps(at: day * 86_400 + 43_200) {
        if case .skip(let skip) = step { told.append("\(skip.reason.rawValue) \(skip.missed.count)") }
        if case .fire = step { told.append("fired") }
      }
      bench.end(at: day * 86_400 + 43_300)
    }
    #expect(told == ["calendar 1", "fired", "calendar 1", "fired"])
  }

  @Test("of missed instants, the last that is not excluded is caught up, and all are counted")
  func caughtUp() throws {
    var bench = Bench()
    try bench.add(.cron, ["cron_expression": "0 * * * *", "exclude": [["cron": "* 20-23 * * *"]]])
    let fire = try #require(bench.fires(at: 23 * 3600 + 1800).first)
    #expect(fire.scheduledAt == bench.start + .seconds(19 * 3600) && fire.next == bench.start + .seconds(86_400))
    #expect(fire.missed?.count == 22 && fire.missed?.first == bench.start + .seconds(3600) && fire.missed?.last == bench.start + .seconds(23 * 3600))
  }
}
