import Basics
import Clustering

/// `perigee drift BASELINE CURRENT`: two sets of vectors in, what has moved out, without a store.
struct FileDrift {
  private let invocation: Invocation
  private let metric: DriftMetric?
  private let options: BaselineSnapshot.Options
  private let dimensions: Int?

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    for position in invocation.words.count..<2 {
      let missing = invocation.command.positionals[position]
      throw Problem(
        .invalid, "\(missing.name) is missing: \(missing.help)", hint: "For example: perigee drift march.npy april.npy, or perigee drift --stream")
    }
    if invocation.has("params") {
      throw Problem(.invalid, "--params are for --stream", hint: "Leave them out, or give --stream", path: "--params")
    }
    dimensions = try invocation.dimensions()
    metric = try invocation.choice("metric")
    options = BaselineSnapshot.Options(
      permutations: try invocation.int("permutations", in: 0...10_000, example: 200) ?? 200, seed: try invocation.seed(),
      threads: try invocation.threads(), rawComponents: invocation.has("raw-components"))
    if metric == .noiseRatioDelta {
      throw Problem(
        .invalid, "noise_ratio_delta compares the noise of two runs, and files of vectors have none",
        hint: "Run 'perigee score' on both, or give a trigger this metric", path: "--metric")
    }
    if let metric, metric.needsCentroids, !invocation.has("centroids") {
      throw Problem(
        .invalid, "\(metric.rawValue) needs clusters", hint: "Give --centroids FILE, the centroids of a clustering of the baseline",
        path: "--centroids")
    }
  }

  func run() throws(Problem) -> ExitCode {
    let (before, now) = try readVectors(invocation.words[0], and: invocation.words[1], dimensions: dimensions)
    let centroids = try invocation.text("centroids").map { file throws(Problem) in try readVectors(file, dimensions: before.columns) }
    let metrics = metric.map { [$0] } ?? measurable(before, hasCentroids: centroids != nil)
    let cancellation = invocation.cancellable()
    let snapshot = try BaselineSnapshot(
      of: before, normalised: invocation.has("normalize"), centroids: centroids, windows: [now.rows], metrics: Set(metrics),
      sampleRows: PairStatistic.largestSide, seed: options.seed, threads: options.threads, cancellation: cancellation)
    let measured = try snapshot.measure(metrics, of: now, options: options, cancellation: cancellation)
    if invocation.wantsJSON { write(measured, snapshot, now) } else { show(measured, before, now) }
    return .ok
  }

  private func measurable(_ matrix: Matrix, hasCentroids: Bool) -> [DriftMetric] {
    DriftMetric.allCases.filter { metric in
      if metric == .noiseRatioDelta { return false }
      if metric == .frechet { return matrix.columns <= BaselineSnapshot.fullDimensions }
      return hasCentroids || !metric.needsCentroids
    }
  }

  private func write(_ measured: [DriftMeasurement], _ snapshot: BaselineSnapshot, _ now: Matrix) {
    var metrics = JSONObject()
    for one in measured {
      var json: JSONObject = [
        "value": .double(one.value), "m": .int(one.baselineRows), "n": .int(one.currentRows), "p_value": .optional(one.pValue), "z": .optional(one.z),
        "null_mean": .optional(one.nullMean), "null_deviation": .optional(one.nullDeviation),
        "suggested_threshold": .optional(one.suggestedThreshold), "contrast": .optional(one.contrast),
      ]
      for (name, value) in one.details.sorted(by: { $0.key < $1.key }) { json[name] = .double(value) }
      metrics[one.metric.rawValue] = .object(json)
    }
    invocation.console.print([
      "baseline_rows": .int(snapshot.count), "current_rows": .int(now.rows), "dimensions": .int(snapshot.dimensions),
      "normalized": .bool(snapshot.normalised), "clusters": .int(snapshot.shares.count), "gamma": .double(snapshot.gamma),
      "permutations": .int(options.permutations), "seed": .int(Int64(bitPattern: options.seed)), "metrics": .object(metrics),
    ])
  }

  /// Two digits that matter where there are many zeros before them: `5.2e-05`.
  private static func short(_ value: Double) -> String {
    guard value != 0, value.magnitude < 0.001 else { return Format.number(value) }
    var (mantissa, exponent) = (value, 0)
    while mantissa.magnitude < 9.95 / 10, exponent < 400 {
      mantissa *= 10
      exponent += 1
    }
    return "\(Format.fixed(mantissa, 1))e-\(exponent < 10 ? "0" : "")\(exponent)"
  }

  private func show(_ measured: [DriftMeasurement], _ before: Matrix, _ now: Matrix) {
    let console = invocation.console
    func number(_ value: Double?) -> String { value.map(Self.short) ?? "" }
    var table = Table([
      .init("metric"), .init("value", .right), .init("p", .right), .init("z", .right), .init("without drift", .right), .init("suggested", .right),
    ])
    for one in measured {
      let null = one.nullMean.map { "\(number($0)) ± \(number(one.nullDeviation))" } ?? ""
      table.add(one.metric.rawValue, number(one.value), number(one.pValue), number(one.z), null, number(one.suggestedThreshold))
    }
    table.print(to: console)
    console.say("")
    console.say("\(Format.count(now.rows, "row")) against \(Format.count(before.rows)) of the baseline, \(before.columns) columns")
    let moved = measured.filter { ($0.pValue ?? 1) < 0.01 }.map(\.metric.rawValue)
    console.say(
      moved.isEmpty ? "Nothing that chance alone would not do (p below 0.01)." : "Not by chance (p below 0.01): \(moved.joined(separator: ", "))")
  }
}
