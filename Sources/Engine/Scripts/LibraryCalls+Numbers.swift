import Basics
import Clustering
import Glibc
import Model

extension LibraryCalls {
  /// `stats.…` and the parts of `vector` that are not done in Lua's own C. Nil for other names.
  func numbers(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON? {
    if name == "vector.kmeans" { return try kmeans(arguments) }
    guard name.hasPrefix("stats.") else { return nil }
    let first = try list(arguments, 0, name)
    func whole(_ position: Int, otherwise: Int, in range: ClosedRange<Int>) throws(Problem) -> Int {
      guard position < arguments.count, arguments[position] != .null else { return otherwise }
      guard let value = arguments[position].int, range.contains(Int(value)) else {
        throw Problem(.invalid, "\(name): argument \(position + 1) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return Int(value)
    }
    func fraction(_ position: Int) throws(Problem) -> Double {
      guard position < arguments.count, let value = arguments[position].double, (0...1).contains(value) else {
        throw Problem(.invalid, "\(name): argument \(position + 1) must be a number from 0 to 1", hint: "For example 0.95")
      }
      return value
    }
    switch name {
    case "stats.mean": return .double(Statistics.mean(first))
    case "stats.sum": return .double(Statistics.sum(first))
    case "stats.min": return .double(first.min() ?? 0)
    case "stats.max": return .double(first.max() ?? 0)
    case "stats.median": return .double(Statistics.quantile(sorted: first.sorted(), 0.5))
    case "stats.quantile": return .double(Statistics.quantile(sorted: first.sorted(), try fraction(1)))
    case "stats.ewma": return .double(Statistics.ewma(first, alpha: try fraction(1)))
    case "stats.variance", "stats.stddev":
      guard first.count > 1 else { throw Problem(.invalid, "\(name): one number does not vary", hint: "Give at least two") }
      let variance = Statistics.variance(first)
      return .double(name == "stats.variance" ? variance : variance.squareRoot())
    case "stats.psi":
      let bins = try whole(2, otherwise: 10, in: 2...1000)
      return .double(Statistics.psi(first, try list(arguments, 1, name), bins: bins) { log($0) })
    case "stats.ks": return .double(Statistics.ks(first, try list(arguments, 1, name)))
    case "stats.correlation":
      let second = try list(arguments, 1, name)
      guard first.count == second.count else {
        throw Problem(.invalid, "\(name): the lists have \(first.count) and \(second.count) numbers", hint: "Give pairs")
      }
      return .double(Statistics.correlation(first, second))
    case "stats.histogram":
      let bins = Statistics.histogram(first, bins: try whole(1, otherwise: 10, in: 1...10_000))
      return .array(bins.map { ["from": .double($0.from), "to": .double($0.to), "count": .int($0.count)] })
    default: return nil
    }
  }

  private func list(_ arguments: [JSON], _ position: Int, _ name: String) throws(Problem) -> [Double] {
    guard position < arguments.count, let items = arguments[position].array else {
      throw Problem(.invalid, "\(name): argument \(position + 1) must be a list of numbers", hint: "For example {1, 2, 3}")
    }
    var numbers: [Double] = []
    numbers.reserveCapacity(items.count)
    for (place, item) in items.enumerated() {
      guard let number = item.double else {
        throw Problem(.invalid, "\(name): number \(place + 1) of the list is \(item.typeName) \(item.brief)", hint: "Give numbers alone")
      }
      numbers.append(number)
    }
    guard !numbers.isEmpty else { throw Problem(.invalid, "\(name): the list is empty", hint: "Look at its length first: if #list > 0 then … end") }
    return numbers
  }

  private func kmeans(_ arguments: [JSON]) throws(Problem) -> JSON {
    let name = "vector.kmeans"
    guard let items = arguments.first?.array, !items.isEmpty else {
      throw Problem(.invalid, "\(name): argument 1 must be a list of vectors", hint: "For example {{0, 1}, {1, 0}}")
    }
    var rows: [[Float]] = []
    for item in items { rows.append(try list([item], 0, name).map { Float($0) }) }
    guard arguments.count > 1, let k = arguments[1].int, (1...Int64(rows.count)).contains(k) else {
      throw Problem(.invalid, "\(name): argument 2 must be a number of groups from 1 to \(rows.count), which is how many vectors there are")
    }
    let fields = try Fields(Self.options(arguments, 2), path: name, accepting: ["seed", "iterations"])
    let seed = try fields.int("seed") ?? 1
    let iterations = try fields.int("iterations", in: 1...10_000) ?? 100
    let kmeans = KMeans(clusters: Int(k), maxIterations: Int(iterations), seed: UInt64(bitPattern: seed), threads: 1)
    let result: KMeansResult
    do throws(Problem) { result = try kmeans.run(on: Matrix(rows), cancellation: work) } catch {
      guard error.kind == .cancelled else { throw error }
      throw Problem(.budget, "\(name): the run was to end before the groups were found", hint: "Give fewer vectors, groups or iterations")
    }
    return [
      "centroids": .array((0..<result.centroids.rows).map { row in .array(result.centroids[row].map { .double(Double($0)) }) }),
      "labels": .array(result.labels.map { .int(Int64($0) + 1) }), "inertia": .double(result.inertia), "iterations": .int(result.iterations),
    ]
  }
}
