import Basics

/// What every algorithm asks of its input before it begins.
enum Limits {
  static func check(threads: Int) throws(Problem) {
    guard (1...256).contains(threads) else {
      throw Problem(.invalid, "threads is \(threads)", hint: "Choose 1 to 256: as many as the machine has cores.", path: "threads")
    }
  }

  /// Squared distances must stay finite in single precision: |a - b|^2 <= 4 * columns * largest^2.
  static func check(values matrix: Matrix) throws(Problem) {
    let limit = (Float.greatestFiniteMagnitude / 8 / Float(matrix.columns)).squareRoot()
    guard matrix.largest <= limit else {
      throw Problem(
        .invalid, "a value is as large as \(matrix.largest)", hint: "Scale the vectors: values up to \(limit) can be squared and summed.",
        path: "vectors")
    }
    guard matrix.rows <= Int(Int32.max) / 2 else {
      throw Problem(.invalid, "there are \(matrix.rows) vectors", hint: "At most \(Int32.max / 2) can be clustered at once.", path: "rows")
    }
  }

  static func memory(_ bytes: Int, over limit: Int, rows: Int, _ why: String) -> Problem {
    Problem(
      .tooLarge, "\(rows) vectors need \(bytes >> 20) MB, \(limit >> 20) MB are allowed: \(why)",
      hint: "Cluster a sample, choose kmeans or hdbscan, or allow more memory.", path: "memory")
  }
}
