import Basics
import Testing

@testable import Scheduling

@Suite("Intervals") struct IntervalScheduleTests {
  @Test("come at the anchor plus whole multiples, from wherever one asks") func multiples() throws {
    var random = SeededRandom(seed: 4)
    for _ in 0..<500 {
      let interval = Int64.random(in: 1000...10_000_000, using: &random)
      let anchor = Instant(milliseconds: Int64.random(in: -1 << 41...1 << 41, using: &random))
      let immediate = Bool.random(using: &random)
      let schedule = try IntervalSchedule(every: .milliseconds(interval), from: anchor, startsImmediately: immediate)
      let asked = Instant(milliseconds: anchor.milliseconds + Int64.random(in: -20_000_000...2_000_000_000, using: &random))
      let next = try #require(schedule.next(after: asked))
      let count = (next.milliseconds - anchor.milliseconds) / interval
      #expect(anchor.milliseconds + count * interval == next.milliseconds)
      #expect(next > asked && count >= (immediate ? 0 : 1))
      #expect(next.milliseconds - interval <= asked.milliseconds || count == (immediate ? 0 : 1))
      #expect(schedule.previous(before: Instant(milliseconds: next.milliseconds + 1)) == next)
      let later = try #require(schedule.next(after: next))
      #expect(later - next == .milliseconds(interval))
      #expect(schedule.previous(before: later) == next)
    }
  }

  @Test("begin at the anchor or one interval later") func beginning() throws {
    let anchor = Instant(seconds: 100)
    let immediate = try IntervalSchedule(every: .seconds(10), from: anchor, startsImmediately: true)
    let patient = try IntervalSchedule(every: .seconds(10), from: anchor)
    #expect(immediate.next(after: Instant(seconds: 0)) == anchor)
    #expect(immediate.next(after: anchor) == Instant(seconds: 110))
    #expect(patient.next(after: Instant(seconds: 0)) == Instant(seconds: 110))
    #expect(patient.next(after: anchor) == Instant(seconds: 110))
    #expect(immediate.previous(before: anchor) == nil && patient.previous(before: Instant(seconds: 110)) == nil)
    #expect(patient.next(afterRunEnded: Instant(seconds: 113)) == Instant(seconds: 123))
  }

  @Test("end where instants do") func ends() throws {
    let schedule = try IntervalSchedule(every: .seconds(3600), from: Instant(milliseconds: .min))
    #expect(schedule.next(after: Instant(milliseconds: .max)) == nil)
    #expect(schedule.previous(before: Instant(milliseconds: .max)) != nil)
  }

  @Test(
    "are refused below a second and beyond a century",
    arguments: [Duration.zero, .seconds(-5), .milliseconds(999), .seconds(4_000_000_000), .seconds(Int64.max)])
  func refused(interval: Duration) throws {
    let problem = try #require(throws: Problem.self) { try IntervalSchedule(every: interval, from: Instant(seconds: 0)) }
    #expect(problem.path == "interval_seconds" && problem.hint != nil)
  }

  @Test(
    "are told in the largest unit that fits",
    arguments: [
      (1, "Every second"), (90, "Every 90 seconds"), (900, "Every 15 minutes"), (3600, "Every hour"), (86_400, "Every day"),
      (1_209_600, "Every 2 weeks"),
    ])
  func text(seconds: Int64, expected: String) throws {
    #expect(ScheduleText.describe(try IntervalSchedule(every: .seconds(seconds), from: Instant(seconds: 0))) == expected)
  }
}

@Suite("Jitter") struct JitterTests {
  @Test("stays below the window and before the next occurrence") func bounds() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<2000 {
      let nominal = Instant(milliseconds: Int64.random(in: 0...1 << 41, using: &random))
      let window = Duration.milliseconds(Int64.random(in: 1...100_000, using: &random))
      let next = nominal + .milliseconds(Int64.random(in: 1...100_000, using: &random))
      let delay = Jitter.delay(of: "trg_\(random.next())", at: nominal, within: window, next: next)
      #expect(delay >= .zero && delay < window && nominal + delay < next)
    }
    #expect(Jitter.delay(of: "trg_1", at: Instant(seconds: 5), within: .zero, next: nil) == .zero)
    #expect(Jitter.delay(of: "trg_1", at: Instant(seconds: 5), within: .seconds(-1), next: nil) == .zero)
  }

  @Test("is the same after a restart") func stable() {
    // Written down once: another number here would move every trigger of every installation.
    #expect(Jitter.delay(of: "trg_4fJk2", at: Instant(seconds: 1_700_000_000), within: .seconds(60), next: nil) == .milliseconds(7999))
  }

  @Test("spreads triggers and occurrences evenly") func spread() {
    for vary in [true, false] {
      var counts = [Int](repeating: 0, count: 10)
      for i in 0..<10_000 {
        let delay = Jitter.delay(of: vary ? "trg_\(i)" : "trg", at: Instant(seconds: vary ? 0 : Int64(i) * 3600), within: .seconds(10), next: nil)
        counts[Int(delay.components.seconds)] += 1
      }
      // 1000 are expected in each, with a standard deviation of 30.
      #expect(counts.allSatisfy { (850...1150).contains($0) }, "\(counts)")
    }
  }
}
