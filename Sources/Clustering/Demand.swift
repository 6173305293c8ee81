import Basics

/// What several methods ask of their input, said in the same words.
enum Demand {
  static func threads(_ threads: Int) throws(Problem) {
    guard (1...256).contains(threads) else {
      throw Problem(.invalid, "threads is \(threads)", hint: "Choose 1 to 256: as many as the machine has cores.", path: "threads")
    }
  }

  /// Both sets of rows are to have the same number of columns.
  static func dimensions(_ rows: Matrix, as columns: Int, _ other: String, path: String = "vectors") throws(Problem) {
    guard rows.columns == columns else {
      throw Problem(
        .invalid, "the vectors have \(rows.columns) dimensions, the \(other) \(columns)", hint: "Both must come from the same embedding.", path: path)
    }
  }

  static func rows(_ rows: Matrix, atLeast least: Int, _ name: String) throws(Problem) {
    guard rows.rows >= least else {
      throw Problem(
        .invalid, "there \(rows.rows == 1 ? "is 1 \(name) vector" : "are \(rows.rows) \(name) vectors")", hint: "At least \(least) are needed.",
        path: "vectors")
    }
  }

  /// Throws `problem` unless the value lies in the range.
  static func range<Value: Comparable>(_ value: Value, _ range: ClosedRange<Value>, _ path: String, _ example: String) throws(Problem) {
    guard range.contains(value) else {
      throw Problem(
        .invalid, "\(path) is \(value)", hint: "Choose \(range.lowerBound) to \(range.upperBound), for example \(example).", path: path)
    }
  }

  static func labels(_ labels: [Int32], _ rows: Int) throws(Problem) {
    guard labels.count == rows else {
      throw Problem(.invalid, "there are \(labels.count) labels for \(rows) vectors", hint: "Give one label per row, -1 for noise.", path: "labels")
    }
  }

  /// Squared distances must stay finite in single precision: |a - b|^2 <= 4 * columns * largest^2.
  static func scale(_ rows: Matrix) throws(Problem) {
    let limit = (Float.greatestFiniteMagnitude / 8 / Float(rows.columns)).squareRoot()
    guard rows.largest <= limit else {
      throw Problem(
        .invalid, "a value is as large as \(rows.largest)", hint: "Scale the vectors: values up to \(limit) can be squared and summed.",
        path: "vectors")
    }
  }
}
