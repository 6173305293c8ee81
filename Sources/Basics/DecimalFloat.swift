/// Doubles from decimal digits, correctly rounded, without a detour through the C library for the numbers people send.
///
/// Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021), section 5, restricted to the powers of
/// ten from -27 to 55: there the 128-bit product always decides (Mushtak, Lemire, "Fast number parsing without fallback", 2022).
enum DecimalFloat {
  /// The most significant 128 bits of a power of five.
  struct Power {
    var high: UInt64
    var low: UInt64
  }

  static let exponents = -27...55

  /// One entry for each exponent. Allocated once and never freed.
  nonisolated(unsafe) static let powers: UnsafePointer<Power> = {
    let table = UnsafeMutablePointer<Power>.allocate(capacity: exponents.count)
    for (i, exponent) in exponents.enumerated() { (table + i).initialize(to: power(exponent)) }
    return UnsafePointer(table)
  }()

  /// The powers of ten that are doubles exactly. Allocated once and never freed.
  nonisolated(unsafe) static let tens: UnsafePointer<Double> = {
    let table = UnsafeMutablePointer<Double>.allocate(capacity: 23)
    var power = 1.0
    for exponent in 0...22 {
      (table + exponent).initialize(to: power)
      power *= 10
    }
    return UnsafePointer(table)
  }()

  /// The quotient of two numbers that are exact, rounded once, is correctly rounded: Clinger, "How to read floating point numbers accurately", 1990.
  /// Nil where one of them is not exact.
  @inline(__always)
  static func quotient(_ mantissa: UInt64, _ exponent: Int, _ tens: UnsafePointer<Double>) -> Double? {
    mantissa < 1 << 53 && exponent >= -22 && exponent <= 0 ? Double(mantissa) / tens[-exponent] : nil
  }

  /// `mantissa` times ten to the `exponent`; nil when the exponent is outside the table or the result is not a normal number.
  @inline(__always)
  static func double(_ mantissa: UInt64, _ exponent: Int, _ powers: UnsafePointer<Power>) -> Double? {
    if mantissa == 0 { return 0 }
    guard exponents.contains(exponent) else { return nil }
    let power = powers[exponent - exponents.lowerBound]
    let leadingZeros = mantissa.leadingZeroBitCount
    let normalised = mantissa << UInt64(leadingZeros)
    var (high, low) = normalised.multipliedFullWidth(by: power.high)
    if high & 0x1FF == 0x1FF {
      // The bits that decide the rounding might still be carried into: take the lower half of the power too.
      let carry = normalised.multipliedFullWidth(by: power.low).high
      let (sum, overflow) = low.addingReportingOverflow(carry)
      low = sum
      if overflow { high &+= 1 }
    }
    let upperBit = Int(high >> 63)
    let shift = UInt64(upperBit + 64 - 52 - 3)
    var significand = high >> shift
    // floor(exponent * log2(10)) + 63, in fixed point.
    var binaryExponent = ((217_706 * exponent) >> 16) + 63 + upperBit - leadingZeros + 1023
    // Exactly half way between two doubles: towards the even one.
    if low <= 1, exponent >= -4, exponent <= 23, significand & 3 == 1, significand << shift == high { significand &= ~1 }
    significand = (significand + (significand & 1)) >> 1
    if significand >= 1 << 53 {
      significand = 1 << 52
      binaryExponent += 1
    }
    guard binaryExponent > 0, binaryExponent < 2047 else { return nil }
    return Double(bitPattern: UInt64(binaryExponent) << 52 | significand & ~(1 << 52))
  }

  /// 5^exponent, shifted so that its highest bit is bit 127: cut for positive exponents, rounded up for negative ones.
  private static func power(_ exponent: Int) -> Power {
    var five: UInt128 = 1
    for _ in 0..<abs(exponent) { five *= 5 }
    if exponent < 0 {
      // 2^(bits + 127) / five + 1, by long division bit by bit: the quotient has 128 bits.
      let bits = 128 - (five - 1).leadingZeroBitCount
      var remainder: UInt128 = 1
      var quotient: UInt128 = 0
      for _ in 0..<bits + 127 {
        remainder <<= 1
        quotient <<= 1
        if remainder >= five {
          remainder -= five
          quotient |= 1
        }
      }
      five = quotient + 1
    }
    five <<= UInt128(five.leadingZeroBitCount)
    return Power(high: UInt64(five >> 64), low: UInt64(truncatingIfNeeded: five))
  }
}
