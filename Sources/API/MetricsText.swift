import Basics

/// Measurements as text for a scraper: the Prometheus format 0.0.4, or OpenMetrics 1.0, which differ in a few names and in the end.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/
struct MetricsText {
  enum Format {
    case prometheus
    case openMetrics

    /// The one that an `Accept` field asks for; Prometheus' own unless OpenMetrics is named.
    init(accept: String?) { self = accept?.lowercased().contains("application/openmetrics-text") ?? false ? .openMetrics : .prometheus }

    var mediaType: String {
      switch self {
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      }
    }
  }

  typealias Labels = [(name: String, value: String)]

  let format: Format
  private(set) var text = ""

  init(_ format: Format) { self.format = format }

  /// A number that only grows; its name ends in `_total`.
  mutating func counter(_ name: String, _ help: String, _ values: [(Labels, Double)]) {
    head(format == .openMetrics ? String(name.dropLast("_total".count)) : name, "counter", help)
    for (labels, value) in values { line(name, labels, value) }
  }

  mutating func counter(_ name: String, _ help: String, _ value: Int) { counter(name, help, [([], Double(value))]) }

  mutating func gauge(_ name: String, _ help: String, _ values: [(Labels, Double)]) {
    head(name, "gauge", help)
    for (labels, value) in values { line(name, labels, value) }
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Double) { gauge(name, help, [([], value)]) }

  /// Series of counts by upper bound; the last count is of what is beyond all.
  mutating func histogram(_ name: String, _ help: String, bounds: [Double], _ series: [(labels: Labels, counts: [Int], sum: Double)]) {
    head(name, "histogram", help)
    for one in series {
      var total = 0
      for (bound, count) in zip(bounds, one.counts) {
        total += count
        line(name + "_bucket", one.labels + [("le", Self.number(bound))], Double(total))
      }
      total += one.counts.last ?? 0
      line(name + "_bucket", one.labels + [("le", "+Inf")], Double(total))
      line(name + "_sum", one.labels, one.sum)
      line(name + "_count", one.labels, Double(total))
    }
  }

  mutating func end() { if format == .openMetrics { text += "# EOF\n" } }

  private mutating func head(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
    text += name
    if !labels.isEmpty { text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}" }
    text += " \(Self.number(value))\n"
  }

  /// Whole numbers without a fraction, which both formats read.
  private static func number(_ value: Double) -> String { abs(value) < 1e15 ? Int64(exactly: value).map(String.init) ?? "\(value)" : "\(value)" }

  private static func escaped(_ value: String) -> String {
    var result = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
