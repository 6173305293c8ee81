import Basics
import Model
import Testing

@testable import Scheduling

@Suite("The clock on the wall") struct ClockTests {
  private func ticks(_ seconds: Int64) -> Ticks { Ticks(nanoseconds: UInt64(1_000 + seconds) * 1_000_000_000) }

  @Test("a step is noticed, drift and the time that passes are not")
  func steps() {
    let start = Instant(seconds: 1_767_225_600)
    var watch = ClockWatch(at: start, ticks(0))
    #expect(watch.observe(start + .seconds(60), ticks(60)) == nil)
    #expect(watch.observe(start + .milliseconds(121_500), ticks(120)) == nil)
    #expect(watch.observe(start + .milliseconds(3_721_500), ticks(120)) == .forward(.seconds(3600)))
    #expect(watch.observe(start + .milliseconds(131_500), ticks(130)) == .back(.seconds(3600)))
    #expect(watch.observe(start + .milliseconds(141_500), ticks(140)) == nil)
  }

  @Test("a clock before the program, or behind the store, is not believed; behind the store only for a while")
  func trust() {
    let now = Instant(seconds: 1_767_225_600)
    var watch = ClockWatch(at: now, ticks(0))
    #expect(watch.trusts(now, ticks(0)))
    #expect(!watch.trusts(Instant(seconds: 0), ticks(100_000)))
    watch.newest = now + .seconds(2 * 3600)
    #expect(watch.trusts(now, ticks(0)))
    watch.newest = now + .seconds(30 * 86_400)
    #expect(!watch.trusts(now, ticks(599)) && watch.trusts(now, ticks(600)))
  }

  /// How far back, and which next instants follow, in seconds after the start, for an hourly interval that was due at 5 h.
  @Test("going back a little changes nothing, going back far computes anew", arguments: [(7200, 18_000, 0), (10_800, 18_000, 0), (14_340, 3600, 1)] as [(Int64, Int64, Int)])
  func back(seconds: Int64, next: Int64, moves: Int) throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 3600])
    #expect(bench.fires(at: 14_400).count == 1)
    bench.end(at: 14_400)
    let now = bench.start + .seconds(14_400 - seconds)
    let moved = bench.agenda.clockWentBack(by: .seconds(seconds), at: now)
    #expect(moved.count == moves && moved.allSatisfy { $0.reason == .clock && $0.missed.count == 0 })
    #expect(bench.agenda.wake == bench.start + .seconds(next))
  }

  @Test("a cooldown that began in the future begins now")
  func cooldown() throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "cooldown_seconds": 300])
    bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(7200))
    #expect(bench.fires(at: 7200).count == 1)
    bench.end(at: 7201)
    _ = bench.agenda.clockWentBack(by: .seconds(7200), at: bench.start)
    bench.agenda.count(1, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 299).isEmpty && bench.fires(at: 300).count == 1)
  }

  @Test("while the clock is not believed, cron waits and intervals go on")
  func untrusted() throws {
    var bench = Bench()
    try bench.add(.cron, ["cron_expression": "* * * * *"], id: "trg_cron")
    try bench.add(.interval, ["interval_seconds": 60], id: "trg_interval")
    bench.agenda.trustClock(false)
    #expect(bench.fires(at: 60).map(\.triggerID) == ["trg_interval"])
    bench.agenda.trustClock(true)
    #expect(bench.fires(at: 61).map(\.triggerID) == ["trg_cron"])
  }

  @Test("new zone data moves the instants that are still to come")
  func zones() throws {
    var bench = Bench()
    let before = Zones(directories: ["/usr/share/zoneinfo"])
    let schedule = try Schedule(.cron, ["cron_expression": "0 12 * * *", "timezone": "Europe/Paris"])
    var trigger = Trigger(id: "trg_1", namespaceID: "ns", action: try Action(type: "script", config: ["script": "return 1"]), schedule: schedule, createdAt: bench.start)
    // As if the old rules had been those of another country.
    trigger.nextScheduledAt = bench.start + .seconds(12 * 3600)
    bench.agenda.insert(trigger, timetable: try Timetable(schedule, createdAt: bench.start, zones: before))
    let (moved, broken) = bench.agenda.reload(before, at: bench.start)
    #expect(moved.map(\.next) == [bench.start + .seconds(11 * 3600)] && moved.first?.reason == .zones && broken.isEmpty)
    let (none, lost) = bench.agenda.reload(Zones(directories: ["/nowhere"]), at: bench.start)
    #expect(none.isEmpty && lost.map(\.0) == ["trg_1"])
    #expect(bench.fires(at: 11 * 3600).count == 1)
  }
}
