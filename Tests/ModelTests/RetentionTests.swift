import Basics
import Testing

@testable import Model

@Suite("What is kept of the history") struct RetentionTests {
  /// Rows from the newest on: group, age in seconds, bytes; and which of them stay.
  @Test(
    "the newest of a group always stays, the others within age, count and bytes",
    arguments: [
      ([("a", 0, 10), ("a", 50, 10), ("a", 101, 10)], [true, true, false]),
      ([("a", 500, 10), ("a", 500, 10)], [true, false]),
      ([("a", 0, 10), ("a", 1, 10), ("a", 2, 10), ("a", 3, 10), ("b", 3, 10)], [true, true, true, false, true]),
      ([("a", 0, 60), ("a", 1, 50), ("b", 2, 500), ("a", 3, 40)], [true, false, true, false]),
      ([("a", 0, 500), ("a", 1, 1)], [true, false]),
    ] as [([(String, Int, Int64)], [Bool])])
  func walk(rows: [(String, Int, Int64)], expected: [Bool]) {
    let now = Instant(seconds: 1_000_000)
    var walk = Retention.Limits.Walk(Retention.Limits(age: .seconds(100), count: 3, bytes: 100), at: now)
    #expect(rows.map { walk.keeps($0.0, lastAt: now - .seconds($0.1), bytes: $0.2) } == expected)
  }
}

@Suite("Maintenance requests") struct MaintenanceRequestTests {
  private let now = Instant(seconds: 1_767_225_600)

  @Test("are read, and read back as they are written")
  func roundTrip() throws {
    let on = try Maintenance.read(["enabled": true, "until": "2026-01-01T02:00:00Z", "note": "disk"], by: "ops", at: now)
    #expect(on == Maintenance(since: now, until: now + .seconds(7200), note: "disk", by: "ops"))
    #expect(Maintenance(on?.json) == on)
    #expect(Maintenance(Maintenance(since: now).json) == Maintenance(since: now))
    #expect(try Maintenance.read(["enabled": false], by: "ops", at: now) == nil)
    #expect(Maintenance("on") == nil)
  }

  @Test("hold until their end, which is no longer theirs")
  func end() {
    let maintenance = Maintenance(since: now, until: now + .seconds(10))
    #expect(maintenance.holds(at: now + .milliseconds(9999)) && !maintenance.holds(at: now + .seconds(10)))
    #expect(Maintenance(since: now).holds(at: Instant(milliseconds: .max)))
  }
}
