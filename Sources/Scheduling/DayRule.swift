import Basics

/// On which days of a month a cron expression fires.
///
/// Everything a day field can say depends on two things only: how long the month is, and on which weekday it begins. That makes 28 kinds of
/// months, and one mask for each answers every question at once.
struct DayRule: Sendable, Equatable {
  /// How the two day fields are read together.
  enum Combination: Sendable, Equatable { case everyDay, dayOfMonth, dayOfWeek, both, either }

  let combination: Combination
  /// Bit d is day d. Index: (length - 28) * 7 + weekday of the 1st.
  private let masks: [UInt32]

  init(dayOfMonth: CronField, dayOfWeek: CronField) {
    // Vixie's rule (cronie, entry.c: DOM_STAR and DOW_STAR): a field that begins with a star is a further condition, otherwise either day will do.
    let and = dayOfMonth.startsWithStar || dayOfWeek.startsWithStar
    combination =
      switch (dayOfMonth.isUnrestricted, dayOfWeek.isUnrestricted, and) {
      case (true, true, _): .everyDay
      case (true, false, true): .dayOfWeek
      case (false, true, true): .dayOfMonth
      case (_, _, true): .both
      case (_, _, false): .either
      }
    var masks: [UInt32] = []
    for length in 28...31 {
      for first in 0..<7 {
        let days = Self.days(of: dayOfMonth, length: length, first: first)
        let weekdays = Self.weekdays(of: dayOfWeek, length: length, first: first)
        masks.append(and ? days & weekdays : days | weekdays)
      }
    }
    self.masks = masks
  }

  /// Bit d says whether day d fires in a month of `length` days whose 1st is the weekday `first`.
  @inline(__always) func mask(length: Int, first: Int) -> UInt32 { masks[(length - 28) * 7 + first] }

  /// Whether some year has such a day in one of the months. Over 400 years every month begins on every weekday, February in leap years too,
  /// and at most 40 years apart, so this is exact.
  func isPossible(in months: [Int]) -> Bool {
    months.contains { month in
      let lengths = month == 2 ? 28...29 : CivilDate.days(in: month, of: 2000)...CivilDate.days(in: month, of: 2000)
      return lengths.contains { length in (0..<7).contains { mask(length: length, first: $0) != 0 } }
    }
  }

  // MARK: - The two fields

  private static func days(of field: CronField, length: Int, first: Int) -> UInt32 {
    func weekday(_ day: Int) -> Int { (first + day - 1) % 7 }
    let all = UInt32.max >> UInt32(31 - length) & ~1
    var mask = UInt32(truncatingIfNeeded: field.bits) & all
    for item in field.items {
      switch item {
      case .last: mask |= 1 << UInt32(length)
      case .lastWeekday:
        if let day = (1...length).last(where: { (1...5).contains(weekday($0)) }) { mask |= 1 << UInt32(day) }
      case .nearestWeekday(let day) where day <= length:
        // Never into another month: Saturday the 1st becomes Monday the 3rd.
        let near =
          switch weekday(day) {
          case 6: day > 1 ? day - 1 : day + 2
          case 0: day < length ? day + 1 : day - 2
          default: day
          }
        mask |= 1 << UInt32(near)
      default: break
      }
    }
    return mask
  }

  private static func weekdays(of field: CronField, length: Int, first: Int) -> UInt32 {
    let plain = field.bits
    var mask: UInt32 = 0
    for day in 1...length where plain >> UInt64((first + day - 1) % 7) & 1 == 1 { mask |= 1 << UInt32(day) }
    for item in field.items {
      switch item {
      case .nth(let count, let weekday):
        let day = 1 + (weekday - first + 7) % 7 + (count - 1) * 7
        if day <= length { mask |= 1 << UInt32(day) }
      case .lastOf(let weekday):
        let day = 1 + (weekday - first + 7) % 7
        mask |= 1 << UInt32(day + (length - day) / 7 * 7)
      default: break
      }
    }
    return mask
  }
}
