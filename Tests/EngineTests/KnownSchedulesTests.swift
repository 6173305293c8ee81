import Basics
import Model
import Scheduling
import Testing

@testable import Engine

@Suite("Schedules that are known") struct KnownSchedulesTests {
  private static let schedules: [(TriggerType, JSON)] = [
    (.cron, ["cron_expression": "0 2 * * *"]), (.cron, ["cron_expression": "30 2 * * *", "timezone": "Europe/Paris"]),
    (.cron, ["cron_expression": "*/7 9-17 * * 1-5", "timezone": "America/New_York"]), (.interval, ["interval_seconds": 5400]),
    (.cron, ["cron_expression": "0 0 1 1 *", "end_at": "2024-06-01T00:00:00Z"]), (.event, ["event_type": "documents_added", "event_threshold": 3]),
  ]

  private func text(_ outlook: KnownSchedules.Outlook) -> String { "\(outlook)" }

  @Test("say what is to be said of them at this moment: whatever time goes by, and whoever edits, pauses and resumes", arguments: [1, 2] as [UInt64])
  func agreement(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (known, zones) = (KnownSchedules(), Zones())
    var now = Instant(milliseconds: 1_704_067_200_000)
    func schedule() throws -> Schedule {
      let (type, config) = Self.schedules[Int(random.next() % UInt64(Self.schedules.count))]
      return try Schedule(type, config)
    }
    var triggers: [Trigger] = []
    for number in 0..<6 {
      triggers.append(
        Trigger(
          id: "trg_\(number)", namespaceID: "ns_1", action: try Action(type: "script", config: ["script": "return function() end"]),
          schedule: try schedule(), createdAt: now))
    }
    for _ in 0..<400 {
      // Minutes mostly, and sometimes months: over changes of the clocks, and back.
      now = now + .seconds(random.next() % 20 == 0 ? Int64(random.next() % 20_000_000) : Int64(random.next() % 900))
      if random.next() % 50 == 0 { now = now - .seconds(86_400) }
      if random.next() % 40 == 0 { zones.forget() }
      let number = Int(random.next() % 6)
      switch random.next() % 8 {
      case 0: triggers[number].schedule = try schedule()
      case 1: triggers[number].status = triggers[number].status == .active ? .paused : .active
      case 2:
        let timetable = try Timetable(triggers[number].schedule, createdAt: triggers[number].createdAt, zones: zones)
        triggers[number].nextScheduledAt = timetable.next(after: now)
      default: break
      }
      let (found, fresh) = (known.outlook(of: triggers[number], zones, at: now), KnownSchedules().outlook(of: triggers[number], zones, at: now))
      #expect(text(found) == text(fresh))
      #expect(found.words == Explanation.describe(triggers[number].schedule))
      guard triggers[number].schedule.type != .event else {
        #expect(!found.hasInstants && found.upcoming.isEmpty)
        continue
      }
      let timetable = try Timetable(triggers[number].schedule, createdAt: triggers[number].createdAt, zones: zones)
      let first = triggers[number].status == .active ? triggers[number].nextScheduledAt : timetable.next(after: now)
      #expect(found.upcoming == timetable.upcoming(from: first, count: 3))
    }
  }

  @Test("are forgotten when there are many, and worded again")
  func many() throws {
    let (known, zones, now) = (KnownSchedules(), Zones(), Instant(milliseconds: 1_704_067_200_000))
    for round in 0..<2 {
      for number in 0..<6000 {
        let trigger = Trigger(
          id: "trg_\(number)", namespaceID: "ns_1", action: try Action(type: "script", config: ["script": "return function() end"]),
          schedule: try Schedule(.interval, ["interval_seconds": .int(60 * (number % 50 + round + 1))]), createdAt: now)
        #expect(known.outlook(of: trigger, zones, at: now).words == Explanation.describe(trigger.schedule))
      }
    }
  }
}
