import Basics

/// The statistics that scripts ask for, over lists of numbers. Rules are values: nothing here knows of scripts.
enum Statistics {
  /// Neumaier's sum: the rounding errors are added up apart. A. Neumaier, ZAMM 54 (1974), algorithm IV.
  static func sum(_ numbers: [Double]) -> Double {
    var (sum, lost) = (0.0, 0.0)
    for number in numbers {
      let next = sum + number
      lost += abs(sum) >= abs(number) ? (sum - next) + number : (number - next) + sum
      sum = next
    }
    return sum + lost
  }

  static func mean(_ numbers: [Double]) -> Double { sum(numbers) / Double(numbers.count) }

  /// Of a sample: divided by n - 1. In two passes, so that a large mean does not eat the digits.
  static func variance(_ numbers: [Double]) -> Double {
    let centre = mean(numbers)
    return sum(numbers.map { ($0 - centre) * ($0 - centre) }) / Double(numbers.count - 1)
  }

  /// Linear between the order statistics; Hyndman and Fan, "Sample quantiles in statistical packages", 1996, type 7 (as NumPy and R).
  static func quantile(sorted numbers: [Double], _ p: Double) -> Double {
    let place = p * Double(numbers.count - 1)
    let low = Int(place.rounded(.down))
    let high = min(low + 1, numbers.count - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - Double(low))
  }

  static func ewma(_ numbers: [Double], alpha: Double) -> Double {
    var value = numbers[0]
    for number in numbers.dropFirst() { value = alpha * number + (1 - alpha) * value }
    return value
  }

  /// Population stability index: sum of (a - b) ln(a / b) over bins that each hold as many of `before`; empty bins count half of one.
  static func psi(_ before: [Double], _ after: [Double], bins: Int, logarithm: (Double) -> Double) -> Double {
    let sorted = before.sorted()
    let edges = (1..<max(bins, 2)).map { quantile(sorted: sorted, Double($0) / Double(bins)) }
    func shares(_ numbers: [Double]) -> [Double] {
      var counts = [Double](repeating: 0, count: edges.count + 1)
      for number in numbers {
        var (low, high) = (0, edges.count)
        while low < high {
          let middle = (low + high) / 2
          if edges[middle] < number { low = middle + 1 } else { high = middle }
        }
        counts[low] += 1
      }
      return counts.map { max($0, 0.5) / Double(numbers.count) }
    }
    return zip(shares(before), shares(after)).reduce(0) { $0 + ($1.1 - $1.0) * logarithm($1.1 / $1.0) }
  }

  /// The greatest distance between two empirical distribution functions (two-sample Kolmogorov-Smirnov statistic).
  static func ks(_ a: [Double], _ b: [Double]) -> Double {
    let (a, b) = (a.sorted(), b.sorted())
    var (i, j, greatest) = (0, 0, 0.0)
    while i < a.count, j < b.count {
      let value = min(a[i], b[j])
      while i < a.count, a[i] == value { i += 1 }
      while j < b.count, b[j] == value { j += 1 }
      greatest = max(greatest, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
    }
    return greatest
  }

  /// Pearson's r; 0 when one of the lists does not vary.
  static func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let (middleA, middleB) = (mean(a), mean(b))
    let together = sum(zip(a, b).map { ($0 - middleA) * ($1 - middleB) })
    let squares = sum(a.map { ($0 - middleA) * ($0 - middleA) }) * sum(b.map { ($0 - middleB) * ($0 - middleB) })
    return squares > 0 ? max(-1, min(1, together / squares.squareRoot())) : 0
  }

  /// Bins of equal width between the least and the greatest; the last one holds its upper end, too.
  static func histogram(_ numbers: [Double], bins: Int) -> [(from: Double, to: Double, count: Int)] {
    guard let low = numbers.min(), let high = numbers.max() else { return [] }
    guard high > low else { return [(low, high, numbers.count)] }
    let width = (high - low) / Double(bins)
    var counts = [Int](repeating: 0, count: bins)
    for number in numbers { counts[min(bins - 1, Int((number - low) / width))] += 1 }
    return counts.enumerated().map {
      (low + Double($0.offset) * width, $0.offset == bins - 1 ? high : low + Double($0.offset + 1) * width, $0.element)
    }
  }
}
