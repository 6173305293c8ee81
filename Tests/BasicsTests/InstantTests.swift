import Basics
import Testing

@Suite("Instants") struct InstantTests {
  @Test(
    "are read from RFC 3339 and its near relatives",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29T12:30:45Z", 1_709_209_845_000),
      ("2024-02-29t12:30:45z", 1_709_209_845_000), ("2024-02-29 12:30:45", 1_709_209_845_000), ("2024-02-29T12:30:45+00:00", 1_709_209_845_000),
      ("2024-02-29T14:30:45+02:00", 1_709_209_845_000), ("2024-02-29T07:00:45-05:30", 1_709_209_845_000),
      ("2024-02-29T14:30:45+0200", 1_709_209_845_000),
      ("2024-02-29", 1_709_164_800_000), ("2024-02-29T12:30Z", 1_709_209_800_000), ("2024-02-29T12:30:45.1Z", 1_709_209_845_100),
      ("2024-02-29T12:30:45.123456789Z", 1_709_209_845_123), ("1998-12-31T23:59:60Z", 915_148_799_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("2000-03-01T00:00:00-23:59", 951_955_140_000), ("0000-01-01", -62_167_219_200_000),
    ] as [(String, Int64)])
  func reads(text: String, milliseconds: Int64) {
    #expect(Instant(text)?.milliseconds == milliseconds)
  }

  @Test(
    "are not made of anything else",
    arguments: [
      "", "2024", "2024-02", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-1-1", "24-01-01", "2024-01-01T",
      "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00ZZ", "2024-01-01T00:00:00+1",
      "2024-01-01T00:00:00+24:00",
      "2024-01-01T00:00:00+01:60", " 2024-01-01", "2024-01-01 ", "2024/01/01", "1709209845", "2024-01-01TT00:00:00Z", "2024-01-01T0a:00:00Z", "now",
      "２０２４-01-01",
    ])
  func refuses(text: String) {
    #expect(Instant(text) == nil)
  }

  @Test("are written in UTC, with milliseconds only when there are some")
  func writes() {
    #expect(Instant(milliseconds: 1_709_209_845_000).description == "2024-02-29T12:30:45Z")
    #expect(Instant(milliseconds: 1_709_209_845_007).description == "2024-02-29T12:30:45.007Z")
    #expect(Instant(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
  }

  @Test("read back as written, over all the years that have four digits")
  func roundTrip() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<20_000 {
      let instant = Instant(milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
      #expect(Instant(instant.description) == instant)
    }
  }

  @Test("can be printed however far away they are")
  func farAway() {
    for milliseconds in [Int64.min, Int64.min / 2, -62_167_219_200_001, 253_402_300_800_000, Int64.max / 2, Int64.max] {
      #expect(Instant(milliseconds: milliseconds).description.hasSuffix("Z"))
    }
    #expect(Instant(milliseconds: 253_402_300_800_000).description == "10000-01-01T00:00:00Z")
  }

  @Test("differ by durations, and seconds are rounded towards the past")
  func arithmetic() {
    let instant = Instant(seconds: 100)
    #expect(instant + .seconds(5) == Instant(seconds: 105))
    #expect(instant - .milliseconds(1) == Instant(milliseconds: 99_999))
    #expect(Instant(seconds: 105) - instant == .seconds(5))
    #expect(instant < instant + .milliseconds(1))
    #expect(Instant(milliseconds: -1).seconds == -1)
    #expect(Instant(milliseconds: -1000).seconds == -1)
    #expect(Instant(milliseconds: -1001).seconds == -2)
    #expect(Instant(milliseconds: 1999).seconds == 1)
    #expect(Duration.milliseconds(-1500).inMilliseconds == -1500)
    #expect(Duration(secondsComponent: .max, attosecondsComponent: 0).inMilliseconds == .max)
    #expect(Duration.milliseconds(250).inSeconds == 0.25)
    #expect(Ticks(nanoseconds: 5_000_000_000) - Ticks(nanoseconds: 6_000_000_000) == .seconds(-1))
  }
}

@Suite("Civil dates") struct CivilDateTests {
  @Test("count every day of four hundred years once, with its weekday")
  func fourHundredYears() {
    var date = CivilDate(year: 1800, month: 1, day: 1)
    var weekday = 3  // a Wednesday
    let start = date.daysSinceEpoch
    for day in 0..<146_097 {
      guard date.daysSinceEpoch == start + day, CivilDate(daysSinceEpoch: start + day) == date, date.weekday == weekday else {
        Issue.record("wrong at \(date)")
        return
      }
      // The next day by the calendar's own rules, without the formulas under test.
      weekday = weekday == 6 ? 0 : weekday + 1
      let leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
      let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      date.day += 1
      if date.day > lengths[date.month - 1] { (date.month, date.day) = (date.month + 1, 1) }
      if date.month > 12 { (date.year, date.month) = (date.year + 1, 1) }
    }
    #expect(date == CivilDate(year: 2200, month: 1, day: 1))
  }

  @Test("round trip far from today")
  func farAway() {
    for days in stride(from: -4_000_000, through: 4_000_000, by: 997) {
      let date = CivilDate(daysSinceEpoch: days)
      #expect(date.daysSinceEpoch == days)
      #expect((1...12).contains(date.month) && (1...CivilDate.days(in: date.month, of: date.year)).contains(date.day))
    }
  }

  @Test("know leap years and the epoch")
  func known() {
    #expect(CivilDate(daysSinceEpoch: 0) == CivilDate(year: 1970, month: 1, day: 1))
    #expect(CivilDate(year: 1970, month: 1, day: 1).weekday == 4)
    #expect([1900, 2000, 2023, 2024, 2100].map(CivilDate.isLeap) == [false, true, false, true, false])
    #expect(CivilDate(year: 2024, month: 2, day: 29) < CivilDate(year: 2024, month: 3, day: 1))
  }
}

@Suite("Lengths of time") struct DurationTextTests {
  @Test(
    "are read as people write them",
    arguments: [
      ("90", 90_000), ("90s", 90_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000), ("250ms", 250), ("1.5s", 1_500), ("0", 0),
      ("1h30m", 5_400_000), ("1d12h", 129_600_000), ("1m1s1ms", 61_001),
    ])
  func parse(text: String, milliseconds: Int64) { #expect(Duration.parsing(text)?.inMilliseconds == milliseconds) }

  @Test(
    "are refused where they are none",
    arguments: ["", "s", "-1s", "1 s", "1w", "inf", "nan", "1e5s", "0x10", "99999999999999d", "1h30", "30 1h", "1h-1m", "..5s", "٣s"])
  func refuse(text: String) { #expect(Duration.parsing(text) == nil) }
}
