import Basics
import Testing

@testable import Scheduling

@Suite("Occurrences") struct OccurrencesTests {
  /// An expression of five fields that likes the small hours, when clocks change.
  static func expression(_ random: inout SeededRandom) throws -> CronExpression {
    func pick(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &random)] }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let minute = pick([
      "*", "*/\(number(2...40))", "0", "\(number(0...59))", "\(number(0...29)),\(number(30...59))",
      "\(number(0...20))-\(number(21...59))/\(number(1...9))", "\(number(0...59))/7",
    ])
    let hour = pick([
      "*", "*/\(number(2...7))", "0", "2", "\(number(0...4))", "\(number(0...2)),\(number(2...23))", "\(number(0...2))-\(number(3...23))", "0-23",
      "23",
    ])
    let day = pick(["*", "*", "*", "*", "*/\(number(2...5))", "\(number(1...31))", "1-\(number(2...31))"])
    let month = pick(["*", "*", "*", "3-4,9-11", "*/\(number(1...6))"])
    let weekday = pick(["*", "*", "*", "0", "5-7", "*/2", "SUN,WED"])
    return try CronExpression([minute, hour, day, month, weekday].joined(separator: " "))
  }

  static let policies = DSTPolicy.Gap.allCases.flatMap { gap in DSTPolicy.Fold.allCases.map { DSTPolicy(gap: gap, fold: $0) } }

  /// Zones with changes at midnight, of half an hour, of two, three and more hours, and across the date line.
  static let odd = [
    "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Antarctica/Troll", "Antarctica/Casey", "Antarctica/Vostok",
    "Pacific/Apia", "Pacific/Kwajalein",
    "Pacific/Kiritimati", "America/Caracas", "Asia/Pyongyang", "Asia/Kathmandu", "America/Santiago", "America/Havana", "America/St_Johns",
    "Africa/Cairo", "Asia/Gaza",
    "America/Godthab", "Atlantic/Azores", "Africa/Casablanca", "Pacific/Chatham", "Asia/Tehran", "America/Sao_Paulo", "UTC",
  ]

  @Test("agree with cronie's loop, minute by minute, around changes of the clocks", arguments: odd) func oracle(name: String) throws {
    let zone = try TestData.zone(name)
    var random = SeededRandom(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    var changes: [Int64] = []
    var period = zone.period(at: 473_385_600)
    while period.end < 1_893_456_000 {
      changes.append(period.end)
      period = zone.period(at: period.end)
    }
    for round in 0..<18 {
      let change = changes.randomElement(using: &random) ?? Int64.random(in: 473_385_600...1_893_456_000, using: &random)
      let start = change / 60 - 420
      // Every third time one of the policies that read each wall time by itself.
      let policy = round % 3 == 0 ? DSTPolicy(gap: .skip, fold: DSTPolicy.Fold.allCases[round / 3 % 3]) : DSTPolicy()
      let occurrences = Occurrences(try Self.expression(&random), in: zone, policy: policy)
      let end = start + 2000
      let slow = CronieOracle(expression: occurrences.expression, zone: zone, policy: policy).minutes(in: start..<end).map {
        Instant(seconds: $0 * 60)
      }
      let fast = Array(occurrences.after(Instant(milliseconds: start * 60_000 - 1)).prefix(2001).prefix { $0.seconds < end * 60 })
      #expect(fast == slow, "'\(occurrences.expression)' in \(name) from \(Instant(seconds: start * 60)) with \(policy)")
    }
  }

  @Test("ascend, and are the same from wherever one asks, forwards and backwards, in a seventh of all zones") func monotonic() throws {
    var random = SeededRandom(seed: 3)
    for name in TestData.zones.names.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) + Self.odd {
      let zone = try TestData.zone(name)
      for _ in 0..<3 {
        let policy = Self.policies[Int.random(in: 0..<Self.policies.count, using: &random)]
        let occurrences = Occurrences(try Self.expression(&random), in: zone, policy: policy)
        // Half of them start a little before a change.
        var start = Int64.random(in: -1_500_000_000...6_000_000_000, using: &random)
        if Bool.random(using: &random) { start = min(zone.period(at: start).end, 6_000_000_000) - Int64.random(in: 0...20_000, using: &random) }
        var last = Instant(milliseconds: start * 1000 + Int64.random(in: 0...999, using: &random))
        for _ in 0..<8 {
          guard let next = occurrences.next(after: last) else { break }
          try #require(next > last)
          let between = Instant(milliseconds: Int64.random(in: last.milliseconds..<next.milliseconds, using: &random))
          for from in [between, Instant(milliseconds: next.milliseconds - 1)] {
            #expect(occurrences.next(after: from) == next, "'\(occurrences.expression)' in \(name) from \(from) with \(policy)")
          }
          if let later = occurrences.next(after: next) {
            let between = Instant(milliseconds: Int64.random(in: next.milliseconds + 1...later.milliseconds, using: &random))
            for before in [between, later, Instant(milliseconds: next.milliseconds + 1)] {
              #expect(occurrences.previous(before: before) == next, "'\(occurrences.expression)' in \(name) before \(before) with \(policy)")
            }
          }
          last = next
        }
      }
    }
  }

  @Test("agree with a look at every second, if there are seconds") func seconds() throws {
    let zone = try TestData.zone("Europe/Berlin")
    for text in ["*/7 * * * * *", "30 59 1-3 * * *", "5,50 0,30 2 * * *", "0 */20 2 31 3 *", "59 59 * * * 0", "10-20/5 1 1 * * *"] {
      let expression = try CronExpression(text)
      let values = expression.fields.map { Set($0.values) }
      for change in [try TestData.instant("2024-03-31T01:00:00Z").seconds, try TestData.instant("2024-10-27T01:00:00Z").seconds] {
        let occurrences = Occurrences(expression, in: zone, policy: DSTPolicy(gap: .skip, fold: .both))
        let slow = (change - 5000..<change + 9000).filter { moment in
          let wall = Int(moment + zone.period(at: moment).offset)
          let date = CivilDate(daysSinceEpoch: wall / 86400)
          let parts = [wall % 60, wall / 60 % 60, wall / 3600 % 24, date.day, date.month, date.weekday]
          return zip(values, parts).allSatisfy { $0.contains($1) }
        }
        let fast = occurrences.after(Instant(seconds: change - 5001)).prefix(14_001).prefix { $0.seconds < change + 9000 }.map(\.seconds)
        #expect(fast == slow, "\(text)")
      }
    }
  }

  @Test(
    "obey the policies at a gap and at a fold",
    arguments: [
      ("30 2 * * *", "fire_after", "first", "2024-03-09T12:00:00Z", "2024-03-10T07:00:00Z"),
      ("30 2 * * *", "skip", "first", "2024-03-09T12:00:00Z", "2024-03-11T06:30:00Z"),
      ("30 1 * * *", "fire_after", "first", "2024-11-02T12:00:00Z", "2024-11-03T05:30:00Z"),
      ("30 1 * * *", "fire_after", "last", "2024-11-02T12:00:00Z", "2024-11-03T06:30:00Z"),
      ("30 1 * * *", "skip", "both", "2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z"),
      ("*/30 1 * * *", "skip", "first", "2024-11-03T05:30:00Z", "2024-11-03T06:00:00Z"),
      ("*/30 2 * * *", "fire_after", "last", "2024-03-09T12:00:00Z", "2024-03-11T06:00:00Z"),
    ])
  func policy(text: String, gap: String, fold: String, after: String, expected: String) throws {
    let occurrences = Occurrences(
      try CronExpression(text), in: try TestData.zone("America/New_York"), policy: try DSTPolicy(dstGap: gap, dstFold: fold))
    #expect(occurrences.next(after: try TestData.instant(after)) == (try TestData.instant(expected)))
  }

  @Test(
    "leave out a gap of more than three hours, and make up for one of just three",
    arguments: [
      ("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-29T22:00:00Z 2011-12-30T22:00:00Z"),
      ("0 0 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z", "2012-12-29T10:00:00Z"),
      ("30 3 * * *", "Antarctica/Casey", "2009-10-17T12:00:00Z", "2009-10-17T18:00:00Z 2009-10-18T16:30:00Z"),
    ])
  func wideGap(text: String, name: String, after: String, expected: String) throws {
    let occurrences = Occurrences(try CronExpression(text), in: try TestData.zone(name))
    let wanted = try TestData.instants(expected)
    #expect(Array(occurrences.after(try TestData.instant(after)).prefix(wanted.count)) == wanted)
  }

  @Test("lie in the years 1 to 9999, however far away one asks from") func ends() throws {
    for zone in [Zone.utc, try TestData.zone("America/New_York")] {
      for text in ["* * * * *", "0 0 1 1 *", "59 59 23 31 12 *"] {
        let occurrences = Occurrences(try CronExpression(text), in: zone)
        for distance in [Int64.min, .min + 1, -1 << 60, -62_135_596_800_000, 0, 253_402_300_799_999, 1 << 60, .max - 1, .max] {
          let instant = Instant(milliseconds: distance)
          if let next = occurrences.next(after: instant) { #expect(next > instant && Instant(next.description) == next) }
          if let previous = occurrences.previous(before: instant) { #expect(previous < instant && Instant(previous.description) == previous) }
        }
        #expect(occurrences.next(after: Instant(milliseconds: .min)) != nil)
        #expect(occurrences.next(after: Instant(milliseconds: .max)) == nil)
        #expect(occurrences.previous(before: Instant(milliseconds: .max)) != nil)
      }
    }
  }

  @Test("that only ever fall into a skipped gap are none, and that is found out soon") func never() throws {
    // American clocks change on the second Sunday of March: 02:30 of that day has not existed since 2007.
    let occurrences = Occurrences(try CronExpression("30 2 8-14 3 */7"), in: try TestData.zone("America/New_York"), policy: DSTPolicy(gap: .skip))
    #expect(occurrences.next(after: try TestData.instant("2024-01-01")) == nil)
    #expect(occurrences.previous(before: try TestData.instant("2024-01-01"))?.description.hasPrefix("2006-03-1") != false)
  }

  @Test("refuse a policy that there is not") func policies() throws {
    let gap = try #require(throws: Problem.self) { try DSTPolicy(dstGap: "fire-after", dstFold: nil) }
    #expect(gap.path == "dst_gap" && gap.didYouMean == "fire_after")
    let fold = try #require(throws: Problem.self) { try DSTPolicy(dstGap: nil, dstFold: "frist") }
    #expect(fold.path == "dst_fold" && fold.didYouMean == "first")
    #expect(try DSTPolicy(dstGap: nil, dstFold: nil) == DSTPolicy())
  }
}
