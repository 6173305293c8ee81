/// Quantiles of a sample, between its values where they fall between (as NumPy's default does).
package enum Quantiles {
  package static func of(_ values: [Double], at places: [Double]) -> [Double] {
    let sorted = values.sorted()
    return places.map { place in
      guard let last = sorted.indices.last else { return 0 }
      let position = place * Double(last)
      let below = Int(position)
      let above = min(below + 1, last)
      return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
    }
  }
}
