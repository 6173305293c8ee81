import Basics
import Testing

@testable import Scheduling

@Suite("Time zone files") struct TimeZoneFileTests {
  private static func bytes(_ name: String) throws -> [UInt8] {
    try #require(TimeZoneFile.contents(of: "/usr/share/zoneinfo/" + name), "the package 'tzdata' is missing on this machine")
  }

  @Test("give the offsets that another reader found, just before and at changes of the past") func offsets() throws {
    let rows = TestData.rows("offsets.tsv")
    #expect(rows.count > 200)
    for row in rows {
      let moment = try #require(Int64(row[1]))
      #expect(try TestData.zone(row[0]).period(at: moment).offset == Int64(row[2]), "\(row[0]) at \(moment)")
    }
  }

  @Test("all of them are read, and their periods hang together") func all() throws {
    let names = TestData.zones.names
    #expect(names.count > 400, "the package 'tzdata' is missing on this machine, or lists no names")
    for name in names {
      let zone = try TestData.zone(name)
      var period = zone.period(at: Zone.beginning)
      while period.end < 4_400_000_000 {
        #expect(period.start < period.end)
        let next = zone.period(at: period.end)
        #expect(next.start == period.end, "\(name) at \(period.end)")
        #expect(zone.period(at: period.end - 1) == period)
        period = next
      }
    }
  }

  @Test(
    "cut off before their table ends give the same from their rule",
    arguments: [
      "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Jerusalem", "America/Nuuk",
      "Pacific/Norfolk",
    ])
  func footer(name: String) throws {
    let whole = try TimeZoneFile(bytes: try Self.bytes(name))
    #expect(whole.rule?.saving != nil)
    // Debian's tables go on to 2037, so the rule covers what is cut away here.
    let kept = whole.moments.prefix { $0 < 1_767_225_600 }.count
    #expect(kept > 0 && kept + 20 < whole.moments.count)
    var cut = whole
    cut.moments.removeSubrange(kept...)
    cut.offsets.removeSubrange(kept...)
    var bare = whole
    (bare.moments, bare.offsets) = ([], [])
    let (a, b, c) = (Zone(name: name, file: whole), Zone(name: name, file: cut), Zone(name: name, file: bare))
    for moment in whole.moments[kept...].flatMap({ [$0 - 1, $0, $0 + 1, $0 + 7_000_000] }) {
      #expect(a.period(at: moment) == b.period(at: moment), "\(name) at \(moment)")
      #expect(a.period(at: moment) == c.period(at: moment), "\(name) at \(moment)")
    }
    // Years that are written out, and years that are not, 400 years later, when the calendar repeats.
    let cycle: Int64 = 146_097 * 86_400
    for moment in stride(from: 2_300_000_000, to: 4_000_000_000, by: 5_000_000) as StrideTo<Int64> {
      #expect(a.period(at: moment).offset == a.period(at: moment + cycle).offset)
      #expect(a.period(at: moment).end + cycle == a.period(at: moment + cycle).end)
    }
  }

  @Test("that are cut short or damaged are refused, or read as something whole") func fuzz() throws {
    let whole = try Self.bytes("America/St_Johns")
    for length in 0..<whole.count { #expect(throws: TimeZoneFile.Damage.self) { try TimeZoneFile(bytes: Array(whole.prefix(length))) } }
    var random = SeededRandom(seed: 2)
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
      guard let file = try? TimeZoneFile(bytes: bytes) else { continue }
      let zone = Zone(name: "damaged", file: file)
      let occurrences = Occurrences(try CronExpression("30 2 * * *"), in: zone)
      let start = Instant(seconds: Int64.random(in: -3_000_000_000...6_000_000_000, using: &random))
      if let next = occurrences.next(after: start) { #expect(next > start) }
    }
  }

  @Test("of version 1 are read, too") func versionOne() throws {
    func number(_ value: Int32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count in [0, 0, 0, 2, 2, 8] as [Int32] { bytes += number(count) }
    bytes += number(-100) + number(1000) + [1, 0] + number(3600) + [0, 0] + number(-7200) + [1, 4] + Array("AAA\0BBB\0".utf8)
    let file = try TimeZoneFile(bytes: bytes)
    #expect(file.moments == [-100, 1000] && file.offsets == [-7200, 3600] && file.initial == 3600 && file.rule == nil)
    let zone = Zone(name: "one", file: file)
    #expect([-101, -100, 999, 1000, 1 << 40].map { zone.period(at: $0).offset } == [3600, -7200, -7200, 3600, 3600])
  }
}

@Suite("POSIX rules") struct PosixTimeZoneTests {
  @Test("change when another reader of them says so") func rules() throws {
    let rows = TestData.rows("rules.tsv")
    #expect(rows.count > 200)
    for row in rows {
      let rule = try #require(PosixTimeZone(row[0].utf8), "\(row[0])")
      let moment = try #require(Int64(row[1]))
      #expect(rule.period(at: moment).offset == Int64(row[2]), "\(row[0]) at \(moment)")
    }
  }

  @Test("may keep saving time all year (RFC 9636, 3.3.1)") func allYear() throws {
    let rule = try #require(PosixTimeZone("EST5EDT,0/0,J365/25".utf8))
    for moment in stride(from: 1_700_000_000, to: 1_900_000_000, by: 86_399) as StrideTo<Int64> {
      #expect(rule.period(at: moment).offset == -4 * 3600)
    }
  }

  @Test("may change days outside their year") func overTheYear() throws {
    // The first Monday of 2024 is 1 January: 100 hours before its midnight is 27 December 2023, 20:00 wall time.
    let rule = try #require(PosixTimeZone("XXX-2YYY,M1.1.1/-100,M7.1.1".utf8))
    let start = try TestData.instant("2023-12-27T18:00:00Z").seconds
    #expect(rule.period(at: start - 1).offset == 7200)
    #expect(rule.period(at: start).offset == 10_800)
    #expect(rule.period(at: start).start == start)
  }

  @Test(
    "are refused when they are none",
    arguments: [
      "", "A", "AB3", "EST", "EST5EDT", "EST25", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0",
      "EST5EDT,J0,J3",
      "EST5EDT,366,3", "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0,M11.1.0,", "<EST5", "<E>5", "EST5:60", "EST5:", "EST+", "EST5EDT,M3.2,M11.1.0",
      "EST99999999999999999999",
    ])
  func refused(text: String) { #expect(PosixTimeZone(text.utf8) == nil) }
}
