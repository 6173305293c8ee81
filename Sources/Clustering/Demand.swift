import Basics

/// What several methods ask of their input, said in the same words.
enum Demand {
  static func threads(_ threads: Int) throws(Problem) { if let problem = problem(threads: threads) { throw problem } }

  fileprivate static func problem(threads: Int) -> Problem? {
    (1...256).contains(threads)
      ? nil : Problem(.invalid, "threads is \(threads)", hint: "Choose 1 to 256: as many as the machine has cores.", path: "threads")
  }

  /// That there are not so many rows, nor fewer than one of something.
  static func tooMany(_ clusters: Int, for rows: Int) -> String {
    clusters < 1 ? "n_clusters is \(clusters)" : "n_clusters is \(clusters), but there \(rows == 1 ? "is only 1 vector" : "are only \(rows) vectors")"
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

  /// The largest value whose squared distances stay finite in single precision: |a - b|^2 <= 4 * columns * largest^2.
  static func largestValue(_ columns: Int) -> Float { (Float.greatestFiniteMagnitude / 8 / Float(columns)).squareRoot() }

  static func scale(_ rows: Matrix) throws(Problem) { if let problem = problem(scale: rows) { throw problem } }

  fileprivate static func problem(scale rows: Matrix) -> Problem? {
    let limit = largestValue(rows.columns)
    return rows.largest <= limit
      ? nil
      : Problem(
        .invalid, "a value is as large as \(rows.largest)", hint: "Scale the vectors: values up to \(limit) can be squared and summed.",
        path: "vectors")
  }

  /// Values that can be squared, and not too many rows.
  static func joinable(_ rows: Matrix) throws(Problem) {
    try scale(rows)
    try countable(rows)
  }

  /// Not more rows than places for them and the clusters that they are joined to.
  static func countable(_ rows: Matrix) throws(Problem) {
    guard rows.rows <= Int(Int32.max) / 2 else {
      throw Problem(.invalid, "there are \(rows.rows) vectors", hint: "At most \(Int32.max / 2) can be clustered at once.", path: "rows")
    }
  }

  static func memory(_ bytes: Int, atMost limit: Int, rows: Int, _ why: @autoclosure () -> String) throws(Problem) {
    guard bytes <= limit else {
      throw Problem(
        .tooLarge, "\(rows) vectors need \(bytes >> 20) MB, \(limit >> 20) MB are allowed: \(why())",
        hint: "Cluster a sample, choose kmeans or hdbscan, or allow more memory.", path: "memory")
    }
  }
}

/// Everything that is wrong with an input, so that all of it can be told at once.
struct Demands {
  private var problems: [Problem] = []

  mutating func demand(_ condition: Bool, _ path: String, _ message: @autoclosure () -> String, _ hint: @autoclosure () -> String) {
    if !condition { problems.append(Problem(.invalid, message(), hint: hint(), path: path)) }
  }

  mutating func demandThreads(_ threads: Int) { if let problem = Demand.problem(threads: threads) { problems.append(problem) } }

  mutating func demandScale(_ rows: Matrix) { if let problem = Demand.problem(scale: rows) { problems.append(problem) } }

  /// All pairs are numbered by places, and places by 32 bits with a panel to spare.
  mutating func demandRows(_ rows: Int) {
    let most = Int(Int32.max) - Panels.lanes
    demand(rows <= most, "rows", "there are \(rows) vectors", "At most \(most) can be clustered at once.")
  }

  /// Throws the first problem with the others in it.
  func check() throws(Problem) {
    guard var first = problems.first else { return }
    first.others = Array(problems.dropFirst())
    throw first
  }
}
