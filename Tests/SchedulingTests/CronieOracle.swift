import Basics

@testable import Scheduling

/// A slow second opinion: what cronie's main loop (src/cron.c) would do if it looked at the clock every minute, and how a plain reading of
/// "each existing wall time" differs. It shares with the fast search only the expression's fields and the zone's offsets.
struct CronieOracle {
  let expression: CronExpression
  let zone: Zone
  let policy: DSTPolicy

  /// Minutes since the epoch at which it fires, in a range of minutes.
  func minutes(in range: Range<Int64>) -> [Int64] {
    policy == DSTPolicy() ? cronie(range) : plain(range)
  }

  private func wall(_ minute: Int64) -> Int64 { minute + zone.period(at: minute * 60).offset / 60 }

  /// `virtual` is the wall minute up to which fixed jobs have run; it stands still while the clock repeats what was, and catches up over a gap.
  private func cronie(_ range: Range<Int64>) -> [Int64] {
    var fired: [Int64] = []
    // A day before, so that a fold that began earlier is known.
    var virtual = wall(range.lowerBound - 1500)
    for minute in range.lowerBound - 1499..<range.upperBound {
      let now = wall(minute)
      var fires = false
      if expression.isWildcard {
        fires = matches(now)
        virtual = now
      } else if now > virtual {
        // More than three hours ahead: the new time is accepted, and what lies between is not made up for.
        let first = now - virtual - 1 > 180 ? now : virtual + 1
        fires = (first...now).contains(where: matches)
        virtual = now
      }
      if fires, minute >= range.lowerBound { fired.append(minute) }
    }
    return fired
  }

  /// Existing wall times only; of repeated ones the copies that the policy wants.
  private func plain(_ range: Range<Int64>) -> [Int64] {
    let others = range.lowerBound - 1560..<range.upperBound + 1560
    var copies: [Int64: [Int64]] = [:]
    for minute in others { copies[wall(minute), default: []].append(minute) }
    return range.filter { minute in
      guard matches(wall(minute)) else { return false }
      guard !expression.isWildcard, let all = copies[wall(minute)] else { return true }
      switch policy.fold {
      case .first: return minute == all.first
      case .last: return minute == all.last
      case .both: return true
      }
    }
  }

  /// By the fields' items, one after the other, for expressions without `L`, `W`, `#` and seconds.
  private func matches(_ wall: Int64) -> Bool {
    let day = Int(wall >= 0 ? wall / 1440 : (wall - 1439) / 1440)
    let date = CivilDate(daysSinceEpoch: day)
    let minute = Int(wall) - day * 1440
    func has(_ place: CronField.Place, _ value: Int) -> Bool {
      expression.field(place).items.contains { item in
        switch item {
        case .every(let step): (value - (place == .dayOfMonth || place == .month ? 1 : 0)) % step == 0
        case .onward(let from, let step): value >= from && (value - from) % step == 0
        case .range(let low, let high, let step):
          value >= low && value <= high && (value - low) % step == 0 || place == .dayOfWeek && value == 0 && high == 7 && (7 - low) % step == 0
        default: false
        }
      }
    }
    guard has(.minute, minute % 60), has(.hour, minute / 60), has(.month, date.month) else { return false }
    let (inMonth, inWeek) = (has(.dayOfMonth, date.day), has(.dayOfWeek, date.weekday))
    let and = expression.field(.dayOfMonth).text.hasPrefix("*") || expression.field(.dayOfWeek).text.hasPrefix("*")
    return and ? inMonth && inWeek : inMonth || inWeek
  }
}
