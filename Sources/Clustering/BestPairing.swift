/// The pairing of rows and columns of a table with the greatest sum: the assignment problem, solved exactly.
///
/// Kuhn's Hungarian method with potentials and shortest augmenting paths (Jonker, Volgenant 1987), O(rows^2 columns).
enum BestPairing {
  /// For each row its column, or nil when there are fewer columns than rows. `gain(row, column)` is asked often and must be cheap.
  static func of(rows: Int, columns: Int, gain: (Int, Int) -> Double) -> [Int?] {
    guard rows <= columns else {
      var result = [Int?](repeating: nil, count: rows)
      for (column, row) in of(rows: columns, columns: rows, gain: { gain($1, $0) }).enumerated() {
        if let row { result[row] = column }
      }
      return result
    }
    // Places 0 are sentinels: a path begins at column 0, which holds the row that looks for a partner.
    var rowPotential = [Double](repeating: 0, count: rows + 1)
    var columnPotential = [Double](repeating: 0, count: columns + 1)
    var owner = [Int](repeating: 0, count: columns + 1)
    var previous = [Int](repeating: 0, count: columns + 1)
    for row in stride(from: 1, through: rows, by: 1) {
      owner[0] = row
      var column = 0
      var slack = [Double](repeating: .infinity, count: columns + 1)
      var visited = [Bool](repeating: false, count: columns + 1)
      repeat {
        visited[column] = true
        let current = owner[column]
        var (step, next) = (Double.infinity, 0)
        for other in 1...columns where !visited[other] {
          let cost = -gain(current - 1, other - 1) - rowPotential[current] - columnPotential[other]
          if cost < slack[other] {
            slack[other] = cost
            previous[other] = column
          }
          if slack[other] < step { (step, next) = (slack[other], other) }
        }
        for other in 0...columns {
          if visited[other] {
            rowPotential[owner[other]] += step
            columnPotential[other] -= step
          } else {
            slack[other] -= step
          }
        }
        column = next
      } while owner[column] != 0
      while column != 0 {
        owner[column] = owner[previous[column]]
        column = previous[column]
      }
    }
    var result = [Int?](repeating: nil, count: rows)
    for column in stride(from: 1, through: columns, by: 1) where owner[column] > 0 { result[owner[column] - 1] = column - 1 }
    return result
  }
}
