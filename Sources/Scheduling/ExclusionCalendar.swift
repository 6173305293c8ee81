package import Basics
package import Model

/// One entry of a schedule's `exclude` list, compiled for the zone in which it is meant.
struct ExclusionCalendar: Sendable {
  private enum Source: Sendable {
    case dates(Set<CivilDate>)
    case cron(CronExpression)
    case events(CalendarEvents)
  }

  private let source: Source
  private let zone: Zone

  /// One entry is one calendar; a named calendar is as many as it has entries. Throws `.invalid` at `cron`, `ical` or `calendar`.
  static func all(_ exclusion: Exclusion, in zone: Zone, zones: Zones) throws(Problem) -> [ExclusionCalendar] {
    guard case .calendar(let name, let contents) = exclusion else { return [try ExclusionCalendar(exclusion, in: zone, zones: zones)] }
    guard let contents else {
      throw Problem(.invalid, "calendar '\(name)' does not exist", hint: "Make it first: PUT /v1/calendars/\(name)", path: "calendar")
    }
    var compiled: [ExclusionCalendar] = []
    for entry in contents {
      do throws(Problem) { compiled.append(try ExclusionCalendar(entry, in: zone, zones: zones)) } catch {
        throw error.within("calendar")
      }
    }
    return compiled
  }

  /// Throws `.invalid` at `cron` or `ical`.
  init(_ exclusion: Exclusion, in zone: Zone, zones: Zones) throws(Problem) {
    self.zone = zone
    switch exclusion {
    case .dates(let days): source = .dates(Set(days))
    case .cron(let text):
      do { source = .cron(try CronExpression(text)) } catch {
        var problem = error
        problem.path = "cron"
        throw problem
      }
    case .ical(let text):
      do { source = .events(try CalendarEvents(text, in: zone, zones: zones)) } catch { throw error.within("ical") }
    case .calendar(let name, _): throw Problem(.invalid, "a calendar cannot name another ('\(name)')", path: "calendar")
    }
  }

  func contains(_ instant: Instant) -> Bool {
    let wall = instant.wholeSeconds + zone.offset(at: instant)
    switch source {
    case .dates(let days): return days.contains(CivilDate(daysSinceEpoch: Int(wall.floored(by: 86_400))))
    case .cron(let expression):
      // Five fields mean whole minutes, six mean seconds.
      let width: Int64 = expression.hasSeconds ? 1 : 60
      let start = wall.floored(by: width) * width
      return expression.firstMatch(from: start, before: start + width) != nil
    case .events(let events): return events.contains(wall: wall, moment: instant.wholeSeconds)
    }
  }
}

extension Calendar {
  /// Whether each of its entries means something. Throws with the path `exclude[i].…`.
  package func check(zones: Zones) throws(Problem) {
    let zone = try zones.zone("UTC")
    for (index, entry) in exclusions.enumerated() {
      do throws(Problem) { _ = try ExclusionCalendar.all(entry, in: zone, zones: zones) } catch { throw error.within("exclude[\(index)]") }
    }
  }
}
