import Basics
import Testing

@testable import Scheduling

@Suite("Zones") struct ZonesTests {
  @Test(
    "with a wrong name are refused, with the near miss",
    arguments: [
      ("Europe/Pari", "Europe/Paris"), ("europe/paris", "Europe/Paris"), ("Paris", "Europe/Paris"), ("New York", "America/New_York"),
      ("America/NewYork", "America/New_York"),
      ("utc", "UTC"), ("Z", "UTC"), ("+02:00", "Etc/GMT-2"), ("UTC+2", "Etc/GMT-2"), ("GMT-5", "Etc/GMT+5"), ("+05:30", nil), ("PST", nil),
      ("Nowhere/Land", nil), ("", nil),
      ("Europe", nil), ("Europe/", nil), ("/etc/passwd", nil), ("../../../etc/passwd", nil), ("Europe/../Europe/Paris", nil),
      ("Europe//Paris", "Europe/Paris"), ("zone.tab", nil),
      ("leapseconds", nil), ("right/Europe/Paris", "Europe/Paris"), ("Europe/Paris\u{0}", "Europe/Paris"),
      (String(repeating: "a/", count: 5000), nil), ("Ü", nil),
    ] as [(String, String?)])
  func unknown(name: String, near: String?) throws {
    let problem = try #require(throws: Problem.self) { try TestData.zone(name) }
    #expect(problem.kind == .invalid)
    #expect(problem.path == "timezone")
    #expect(problem.didYouMean == near)
    #expect(problem.hint?.contains("\"") == true)
    #expect(problem.message.utf8.count < 200)
  }

  @Test("know UTC without any data, and say so of others") func withoutData() throws {
    let zones = Zones(directories: ["/nonexistent"])
    #expect(try zones.zone("UTC").offset(at: Instant(seconds: 0)) == 0)
    #expect(try zones.zone("Etc/UTC").name == "Etc/UTC")
    #expect(zones.dataVersion == nil)
    let problem = try #require(throws: Problem.self) { try zones.zone("Europe/Paris") }
    #expect(problem.kind == .unavailable)
    #expect(problem.hint?.contains("tzdata") == true)
  }

  @Test("are looked for in each directory in turn") func directories() throws {
    let zones = Zones(directories: ["/nonexistent", "/usr/share/zoneinfo"])
    #expect(try zones.zone("Europe/Paris").offset(at: try TestData.instant("2024-07-01")) == 7200)
    #expect(zones.dataVersion?.hasPrefix("20") == true)
    zones.forget()
    #expect(try zones.zone("Europe/Paris").offset(at: try TestData.instant("2024-01-01")) == 3600)
  }

  @Test(
    "say what a wall time means",
    arguments: [
      ("America/New_York", "2024-03-10T02:30:00Z", "gap"), ("America/New_York", "2024-03-10T03:00:00Z", "2024-03-10T07:00:00Z"),
      ("America/New_York", "2024-11-03T01:30:00Z", "2024-11-03T05:30:00Z 2024-11-03T06:30:00Z"),
      ("America/New_York", "2024-11-03T02:00:00Z", "2024-11-03T07:00:00Z"),
      ("Australia/Lord_Howe", "2024-04-07T01:45:00Z", "2024-04-06T14:45:00Z 2024-04-06T15:15:00Z"), ("Pacific/Apia", "2011-12-30T12:00:00Z", "gap"),
      ("Europe/London", "2024-10-27T01:00:00Z", "2024-10-27T00:00:00Z 2024-10-27T01:00:00Z"), ("UTC", "1901-01-01T00:00:00Z", "1901-01-01T00:00:00Z"),
      ("Antarctica/Troll", "2024-10-27T02:59:59Z", "2024-10-27T00:59:59Z 2024-10-27T02:59:59Z"),
    ])
  func meaning(name: String, wall: String, expected: String) throws {
    let found =
      switch try TestData.zone(name).meaning(of: TestData.instant(wall).seconds) {
      case .once(let moment): "\(Instant(seconds: moment))"
      case .gap: "gap"
      case .fold(let first, let last): "\(Instant(seconds: first)) \(Instant(seconds: last))"
      }
    #expect(found == expected)
  }

  @Test("mean by a wall time the moments that show it, and no others, at every change in a sample of zones") func inverse() throws {
    for name in TestData.zones.names.enumerated().filter({ $0.offset % 40 == 0 }).map(\.element) {
      let zone = try TestData.zone(name)
      var period = zone.period(at: 0)
      while period.end < 2_000_000_000 {
        for moment in stride(from: period.end - 8000, to: period.end + 8000, by: 900) as StrideTo<Int64> {
          let wall = moment + zone.period(at: moment).offset
          switch zone.meaning(of: wall) {
          case .once(let only): #expect(only == moment)
          case .fold(let first, let last): #expect(first < last && (first == moment || last == moment))
          case .gap: Issue.record("\(name) shows a time at \(moment) that it says it never shows")
          }
        }
        period = zone.period(at: period.end)
      }
    }
  }

  @Test("write local times with their offset") func text() throws {
    let instant = try TestData.instant("2024-03-10T07:00:00Z")
    #expect(try TestData.zone("America/New_York").text(instant) == "2024-03-10T03:00:00-04:00")
    #expect(try TestData.zone("Asia/Kathmandu").text(instant) == "2024-03-10T12:45:00+05:45")
    #expect(Zone.utc.text(Instant(milliseconds: 1500)) == "1970-01-01T00:00:01.500+00:00")
    #expect(try TestData.zone("Africa/Monrovia").text(Instant(seconds: 0)) == "1969-12-31T23:15:30-00:44:30")
  }
}
