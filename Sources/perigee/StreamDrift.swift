import Basics
import Clustering
import Model

/// `perigee drift --stream`: one number after the other in, the places where their mean changes out, in constant memory.
struct StreamDrift {
  private enum Detector: String, CaseIterable { case adwin, pageHinkley = "page_hinkley" }

  private let invocation: Invocation
  private var window: AdaptiveWindow?
  private var hinkley: PageHinkley?
  /// Numbers that were read, and how many of them were none to measure.
  private var (seen, leftOut) = (0, 0)
  private var alarms: [Detector: [Int]] = [:]

  private static let windowNames = ["delta", "clock", "max_buckets", "min_window_length", "grace_period"]
  private static let hinkleyNames = ["min_instances", "delta", "threshold", "alpha", "mode"]

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    if invocation.words.count > 1 {
      throw Problem(.invalid, "'\(invocation.words[1])' is one word too many", hint: "A stream is one series: perigee drift --stream FILE")
    }
    for option in ["normalize", "raw-components", "permutations", "seed"] where invocation.has(option) {
      throw Problem(.invalid, "--\(option) is not for --stream", hint: "Leave it out", path: "--\(option)")
    }
    let only: Detector? = try invocation.choice("metric")
    let given = try invocation.object("params")
    let detectors = Detector.allCases.map(\.rawValue)
    if only == nil { _ = try Fields(given, path: "--params", accepting: detectors) }
    // With one detector its parameters may stand there alone.
    func fields(_ detector: Detector, _ names: [String]) throws(Problem) -> Fields {
      let isNested = only == nil || given?[detector.rawValue] != nil
      return try Fields(
        isNested ? given?[detector.rawValue] : given, path: isNested ? "--params.\(detector.rawValue)" : "--params", accepting: names)
    }
    if only != .pageHinkley {
      let fields = try fields(.adwin, Self.windowNames)
      func whole(_ key: String, _ otherwise: Int) throws(Problem) -> Int { Int(try fields.int(key) ?? Int64(otherwise)) }
      let confidence = try fields.number("delta")
      window = try Self.named(fields) { () throws(Problem) in
        try AdaptiveWindow(
          confidence: confidence ?? 0.002, clock: whole("clock", 32), maximumBuckets: whole("max_buckets", 5),
          minimumLength: whole("min_window_length", 5), gracePeriod: whole("grace_period", 10))
      }
    }
    if only != .adwin {
      let fields = try fields(.pageHinkley, Self.hinkleyNames)
      let count = try fields.int("min_instances")
      let (tolerance, threshold, fading) = (try fields.number("delta"), try fields.number("threshold"), try fields.number("alpha"))
      let mode: PageHinkley.Mode? = try fields.choice("mode")
      hinkley = try Self.named(fields) { () throws(Problem) in
        try PageHinkley(
          minimumCount: Int(count ?? 30), tolerance: tolerance ?? 0.005, threshold: threshold ?? 50, fading: fading ?? 0.9999, mode: mode ?? .both)
      }
    }
  }

  /// What a detector refuses, said of the option.
  private static func named<Value>(_ fields: Fields, _ make: () throws(Problem) -> Value) throws(Problem) -> Value {
    do throws(Problem) { return try make() } catch {
      var problem = error
      problem.path = error.path.map { $0.hasPrefix("--") ? $0 : fields.at($0) }
      throw problem
    }
  }

  mutating func run() throws(Problem) -> ExitCode {
    let cancellation = invocation.cancellable()
    try Series(invocation).each { value throws(Problem) in
      if seen % 4096 == 0 { try cancellation.check() }
      take(value)
    }
    if invocation.wantsJSON { write() } else { close() }
    return .ok
  }

  private mutating func take(_ value: Double) {
    if !value.isFinite { leftOut += 1 }
    if window?.add(value) ?? false { alarm(.adwin, value) }
    if hinkley?.add(value) ?? false { alarm(.pageHinkley, value) }
    seen += 1
  }

  private mutating func alarm(_ detector: Detector, _ value: Double) {
    if invocation.wantsJSON {
      alarms[detector, default: []].append(seen)
    } else {
      // Told at once: the series may go on for days.
      alarms[detector, default: [0]][0] += 1
      invocation.console.print("\(seen)\t\(detector.rawValue)\t\(Format.number(value))")
    }
  }

  private func close() {
    let told = Detector.allCases.filter { $0 == .adwin ? window != nil : hinkley != nil }.map { "\($0.rawValue) \(alarms[$0]?[0] ?? 0)" }
    let rest = leftOut > 0 ? ", \(Format.count(leftOut)) of them not finite and left out" : ""
    invocation.console.say("\(Format.count(seen, "number"))\(rest); changes noticed: \(told.joined(separator: ", "))")
  }

  private func write() {
    func list(_ detector: Detector) -> JSON { .array((alarms[detector] ?? []).map(JSON.int)) }
    var json: JSONObject = ["rows": .int(seen), "left_out": .int(leftOut)]
    if let window {
      json[Detector.adwin.rawValue] = [
        "params": [
          "delta": .double(window.confidence), "clock": .int(window.clock), "max_buckets": .int(window.maximumBuckets),
          "min_window_length": .int(window.minimumLength), "grace_period": .int(window.gracePeriod),
        ],
        "detections": list(.adwin), "width": .int(window.width), "mean": .double(window.mean),
      ]
    }
    if let hinkley {
      json[Detector.pageHinkley.rawValue] = [
        "params": [
          "min_instances": .int(hinkley.minimumCount), "delta": .double(hinkley.tolerance), "threshold": .double(hinkley.threshold),
          "alpha": .double(hinkley.fading), "mode": .string(hinkley.mode.rawValue),
        ],
        "detections": list(.pageHinkley),
      ]
    }
    invocation.console.print(.object(json))
  }
}

/// The numbers of a file in order, or the distances of its vectors to the nearest of some centroids.
private struct Series {
  private let path: String
  private let dimensions: Int?
  private let centroids: String?
  private let threads: Int

  /// A `.json` is read whole.
  private static let limit = 1 << 30

  init(_ invocation: Invocation) throws(Problem) {
    path = invocation.word(0) ?? "-"
    dimensions = try invocation.dimensions()
    centroids = invocation.text("centroids")
    threads = try invocation.threads()
    if dimensions != nil, centroids == nil {
      throw Problem(
        .invalid, "--dim is for vectors, and a stream is a series of numbers", hint: "Give --centroids, too, or leave it out", path: "--dim")
    }
    if centroids != nil, path == "-" {
      throw Problem(.invalid, "vectors are not read from standard input", hint: "Give a file of them", path: "--centroids")
    }
  }

  func each(_ body: (Double) throws(Problem) -> Void) throws(Problem) {
    if let centroids { return try distances(to: centroids, body) }
    switch path.split(separator: ".").last {
    case "npy", "f32", "f64": try VectorFile.forSeries(path, body)
    case "json": try array(body)
    default: try lines(body)
    }
  }

  private func distances(to centroids: String, _ body: (Double) throws(Problem) -> Void) throws(Problem) {
    let points = try NearestPoints(readVectors(centroids, dimensions: centroids.hasSuffix(".npy") ? nil : dimensions), metric: .euclidean)
    do throws(Problem) {
      try VectorFile.forPieces(path, dimensions: dimensions) { piece throws(Problem) in
        for value in try points.find(1, for: piece, threads: threads).values { try body(value) }
      }
    } catch {
      var problem = error
      problem.path = problem.path == "dim" ? "--dim" : nil
      throw problem
    }
  }

  private func array(_ body: (Double) throws(Problem) -> Void) throws(Problem) {
    let json = try JSON(parsing: readFile(path, limit: Self.limit))
    guard let items = json["series"]?.array ?? json.array else {
      throw Problem(.invalid, "\(path): there is no array of numbers", hint: "For example [0.81, 0.79], or {\"series\": [0.81, 0.79]}")
    }
    for (index, item) in items.enumerated() {
      guard let value = item.double else { throw Problem(.invalid, "\(path): [\(index)] is \(item.brief), not a number") }
      try body(value)
    }
  }

  /// Numbers between commas, semicolons or spaces; a first line of other words is a heading.
  private func lines(_ body: (Double) throws(Problem) -> Void) throws(Problem) {
    var reader = try LineReader(path: path)
    while let line = try reader.next() {
      let words = line.bytes.split { [0x20, 0x09, 0x0D, 0x2C, 0x3B].contains($0) }.map { String(decoding: $0, as: UTF8.self) }
      let numbers = words.compactMap { Double($0) }
      if numbers.count < words.count {
        if line.number == 1, numbers.isEmpty { continue }
        let wrong = words.first { Double($0) == nil } ?? ""
        throw Problem(
          .invalid, "\(path == "-" ? "standard input" : path), line \(line.number): '\(wrong.prefix(40))' is not a number",
          hint: "One number a line, for example 0.812")
      }
      for value in numbers { try body(value) }
    }
  }
}
