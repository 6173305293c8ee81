import Glibc

/// Tail probabilities of the distributions that tests of drift refer to.
enum Distributions {
  /// The chance that a standard normal number exceeds `z`.
  static func normalAbove(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }

  /// The chance that a gamma number of this shape and scale 1 exceeds `x`: Q(a, x), by series below a + 1 and continued fraction above
  /// (Lentz's method; DLMF 8.11 and 8.9).
  static func gammaAbove(_ x: Double, shape a: Double) -> Double {
    guard x > 0, a > 0 else { return 1 }
    guard x.isFinite else { return 0 }
    let front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1 {
      var (term, sum, n) = (1 / a, 1 / a, a)
      while term > sum * 1e-17 {
        n += 1
        term *= x / n
        sum += term
      }
      return max(0, 1 - front * sum)
    }
    let tiny = 1e-300
    var b = x + 1 - a
    var (c, d) = (1 / tiny, 1 / b)
    var h = d
    for i in 1..<100_000 {
      let step = -Double(i) * (Double(i) - a)
      b += 2
      d = step * d + b
      if d.magnitude < tiny { d = tiny }
      c = b + step / c
      if c.magnitude < tiny { c = tiny }
      d = 1 / d
      h *= d * c
      if (d * c - 1).magnitude < 1e-15 { break }
    }
    return front * h
  }

  /// The chance that chi-square with `freedom` degrees exceeds `x`.
  static func chiSquareAbove(_ x: Double, freedom: Int) -> Double { freedom < 1 ? 1 : gammaAbove(x / 2, shape: Double(freedom) / 2) }

  /// The chance that two samples of one distribution differ by at least `distance` (Kolmogorov, Smirnov), taken as that of one
  /// sample of mn / (m + n) values against a known distribution.
  ///
  /// The limit with its first three corrections (Pelz, Good 1976); in the far tail, where that loses its digits, twice the one-sided
  /// chance (Maag, Dicaire 1971).
  static func kolmogorovAbove(_ distance: Double, _ m: Int, _ n: Int) -> Double {
    let size = (Double(m) * Double(n) / Double(m + n)).rounded()
    guard size >= 1, distance > 0 else { return 1 }
    let z = distance * size.squareRoot()
    if z > 3 { return min(1, 2 * exp(-pow(6 * size * distance + 1, 2) / (18 * size))) }
    if z < 0.2 { return 1 }
    return max(0, min(1, 1 - pelzGood(z, size)))
  }

  private static func pelzGood(_ z: Double, _ n: Double) -> Double {
    let (z2, z4, z6) = (z * z, z * z * z * z, z * z * z * z * z * z)
    let (p2, p4, p6) = (Double.pi * .pi, pow(Double.pi, 4), pow(Double.pi, 6))
    var (k0, k1, k2, k3) = (0.0, 0.0, 0.0, 0.0)
    var (k2b, k3b) = (0.0, 0.0)
    for k in 0..<30 {
      let h = Double(k) + 0.5
      let (h2, h4, h6) = (h * h, h * h * h * h, h * h * h * h * h * h)
      let e = exp(-h2 * p2 / (2 * z2))
      k0 += e
      k1 += (p2 * h2 - z2) * e
      k2 += (6 * z6 + 2 * z4 + p2 * (2 * z4 - 5 * z2) * h2 + p4 * (1 - 2 * z2) * h4) * e
      k3 += (-30 * z6 - 90 * z4 * z4 + p2 * (135 * z4 - 96 * z6) * h2 + p4 * (212 * z4 - 60 * z2) * h4 + p6 * h6 * (5 - 30 * z2)) * e
      let w = Double(k * k)
      let f = exp(-w * p2 / (2 * z2))
      k2b += w * f
      k3b += (3 * p2 * w * z2 - p4 * w * w) * f
    }
    // Sums over all integers plus one half are twice those from 0 on, and so are sums over all integers, as their terms at 0 vanish.
    let root = (2 * Double.pi).squareRoot()
    let first = root / (6 * z4) * k1
    let second = root / (72 * z6 * z) * k2 - root / (36 * z2 * z) * p2 * k2b
    let third = root / (6480 * z6 * z4) * k3 + root / (216 * z6) * k3b
    return root / z * k0 + first / n.squareRoot() + second / n + third / (n * n.squareRoot())
  }
}
