import Basics

/// Rows in the order of OPTICS with the distance at which each was reached: clusters are valleys in it.
package struct ReachabilityPlot: Sendable, Equatable {
  package let order: [Int]
  /// By row; infinite where a row was not reached from another.
  package let reachability: [Double]
  /// By row; infinite where it is not dense within the greatest radius.
  package let cores: [Double]
  /// By row: the one from which it was reached, -1 for none.
  package let predecessors: [Int]

  /// The clusters at one radius: a row that is not reached within it begins a new one if it is dense, and is noise if not.
  package func labels(epsilon: Double) -> [Int32] {
    var labels = [Int32](repeating: -1, count: order.count)
    var last: Int32 = -1
    for row in order {
      let isFar = reachability[row] > epsilon
      if isFar && cores[row] <= epsilon { last += 1 }
      labels[row] = isFar && cores[row] > epsilon ? -1 : last
    }
    return labels
  }

  /// The rows of each valley that has no labelled row yet; earlier valleys first, which are the inner ones.
  func labels(of valleys: [ClosedRange<Int>], _ cancellation: Cancellation) throws(Problem) -> [Int32] {
    var labels = [Int32](repeating: -1, count: order.count)
    var next: Int32 = 0
    for valley in valleys {
      try cancellation.check()
      guard valley.allSatisfy({ labels[order[$0]] < 0 }) else { continue }
      for place in valley { labels[order[place]] = next }
      next += 1
    }
    return labels
  }

  /// The valleys between a steep way down and a steep way up (Ankerst and others 1999, section 4.3, as scikit-learn reads it: 4c of
  /// definition 11 corrected, and valleys cut back to rows whose predecessor lies within, after Schubert, Gertz 2018).
  func valleys(
    xi: Double, minimumSamples: Int, minimumSize: Int, correctsPredecessors: Bool, _ cancellation: Cancellation
  ) throws(Problem) -> [ClosedRange<Int>] {
    var search = ValleySearch(
      self, xi: xi, minimumSamples: minimumSamples, minimumSize: minimumSize, correctsPredecessors: correctsPredecessors)
    return try search.run(cancellation)
  }
}

/// One search for valleys.
private struct ValleySearch {
  /// A steep way down that may yet be the left side of a valley.
  private struct Descent {
    let range: ClosedRange<Int>
    /// The highest that the plot has been since.
    var highest: Double
  }

  private let plot: ReachabilityPlot
  /// In order, with an infinite end.
  private let heights: [Double]
  /// By place: the place of the row from which its row was reached, -1 for none.
  private let origins: [Int]
  /// How much is left after a steep step down.
  private let rest: Double
  private let minimumSamples: Int
  private let minimumSize: Int
  private let correctsPredecessors: Bool
  private var descents: [Descent] = []

  init(_ plot: ReachabilityPlot, xi: Double, minimumSamples: Int, minimumSize: Int, correctsPredecessors: Bool) {
    self.plot = plot
    heights = plot.order.map { plot.reachability[$0] } + [.infinity]
    var places = [Int](repeating: -1, count: plot.order.count)
    for (place, row) in plot.order.enumerated() { places[row] = place }
    origins = plot.order.map { plot.predecessors[$0] < 0 ? -1 : places[plot.predecessors[$0]] }
    rest = 1 - xi
    (self.minimumSamples, self.minimumSize, self.correctsPredecessors) = (minimumSamples, minimumSize, correctsPredecessors)
  }

  private static let placesPerLook = 1 << 14

  /// Beyond 1 the plot falls after the place; not a number between two infinite heights, which compares with nothing.
  private func ratio(_ place: Int) -> Double { heights[place] / heights[place + 1] }

  mutating func run(_ cancellation: Cancellation) throws(Problem) -> [ClosedRange<Int>] {
    var valleys: [ClosedRange<Int>] = []
    var place = 0
    var highest = 0.0
    for steep in plot.order.indices {
      if steep % Self.placesPerLook == 0 { try cancellation.check() }
      let (falls, rises) = (ratio(steep) >= 1 / rest, ratio(steep) <= rest)
      guard falls || rises, steep >= place else { continue }
      highest = max(highest, heights[place...steep].max() ?? 0)
      forget(above: highest)
      let end: Int
      if falls {
        end = extend(from: steep, steep: { [self] in ratio($0) >= 1 / rest }, against: { [self] in ratio($0) < 1 })
        descents.append(Descent(range: steep...end, highest: 0))
      } else {
        end = extend(from: steep, steep: { [self] in ratio($0) <= rest }, against: { [self] in ratio($0) > 1 })
        for descent in descents.reversed() {
          // Each may lead back over all the places between.
          try cancellation.check()
          if let valley = valley(from: descent, to: steep...end) { valleys.append(valley) }
        }
      }
      place = end + 1
      highest = heights[place]
    }
    return valleys
  }

  /// Drops the descents that the plot has since climbed out of.
  private mutating func forget(above highest: Double) {
    guard highest < .infinity else {
      descents = []
      return
    }
    descents.removeAll { highest > heights[$0.range.lowerBound] * rest }
    for i in descents.indices { descents[i].highest = max(descents[i].highest, highest) }
  }

  /// The end of a steep region: it holds no more than `minimumSamples` places in a row that are not steep, and none that goes the other way.
  private func extend(from start: Int, steep: (Int) -> Bool, against: (Int) -> Bool) -> Int {
    var (end, flat) = (start, 0)
    for place in start..<plot.order.count {
      if steep(place) {
        (end, flat) = (place, 0)
      } else if against(place) {
        break
      } else {
        flat += 1
        if flat > minimumSamples { break }
      }
    }
    return end
  }

  private func valley(from descent: Descent, to ascent: ClosedRange<Int>) -> ClosedRange<Int>? {
    var (start, end) = (descent.range.lowerBound, ascent.upperBound)
    let (left, right) = (heights[start], heights[end + 1])
    guard right * rest >= descent.highest else { return nil }
    if left * rest >= right {
      while heights[start + 1] > right, start < descent.range.upperBound { start += 1 }
    } else if right * rest >= left {
      while heights[end - 1] > left, end > ascent.lowerBound { end -= 1 }
    }
    if correctsPredecessors {
      guard let cut = cutBack(start, end) else { return nil }
      end = cut
    }
    guard end - start + 1 >= minimumSize, start <= descent.range.upperBound, end >= ascent.lowerBound else { return nil }
    return start...end
  }

  /// The last place whose row was reached from within, or at which the valley is lower than where it begins.
  private func cutBack(_ start: Int, _ last: Int) -> Int? {
    var end = last
    while start < end {
      if heights[start] > heights[end] { return end }
      if (start..<end).contains(origins[end]) { return end }
      end -= 1
    }
    return nil
  }
}
