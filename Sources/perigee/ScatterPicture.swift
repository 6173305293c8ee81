import Basics
import Clustering
import Glibc

/// A map of two dimensions as one self-contained SVG: a dot per row, a colour per cluster, and a legend of the largest.
///
/// The dots of a cluster are one path of zero-length strokes with round ends: about 12 bytes a dot, a fifth of what circles take.
struct ScatterPicture {
  private static let (width, height, margin) = (880.0, 640.0, 24.0)
  /// How many clusters the legend names.
  private static let named = 16
  private static let legendWidth = 150.0

  private let title: String
  /// Dots of one colour, those at the back first.
  private let layers: [(label: Int32?, dots: [(x: Double, y: Double)])]
  private let radius: Double

  /// `map` has two columns, `labels` one number per row.
  init(_ map: Matrix, labels: [Int32]?, title: String) {
    self.title = title
    radius = min(4, max(1, 160 / Double(max(map.rows, 1)).squareRoot()))
    let values = map.values.map(Double.init)
    let places = stride(from: 0, to: values.count, by: 2).map { (x: values[$0], y: values[$0 + 1]) }
    let (left, right) = (places.map(\.x).min() ?? 0, places.map(\.x).max() ?? 0)
    let (low, high) = (places.map(\.y).min() ?? 0, places.map(\.y).max() ?? 0)
    let room = (width: Self.width - 2 * Self.margin - (labels == nil ? 0 : Self.legendWidth), height: Self.height - 2 * Self.margin)
    // One scale for both axes: distances are what the map is about.
    let scale = min(room.width / max(right - left, 1e-9), room.height / max(high - low, 1e-9))
    let (offsetX, offsetY) = ((room.width - (right - left) * scale) / 2, (room.height - (high - low) * scale) / 2)
    let dots = places.map { (x: Self.margin + offsetX + ($0.x - left) * scale, y: Self.margin + offsetY + (high - $0.y) * scale) }
    guard let labels else {
      layers = [(nil, dots)]
      return
    }
    var groups: [Int32: [(x: Double, y: Double)]] = [:]
    for (label, dot) in zip(labels, dots) { groups[max(label, -1), default: []].append(dot) }
    // Noise at the back, then the large, so that small clusters are not hidden.
    layers = groups.sorted { ($0.key >= 0 ? 1 : 0, $1.value.count, $0.key) < ($1.key >= 0 ? 1 : 0, $0.value.count, $1.key) }
      .map { (label: $0.key, dots: $0.value) }
  }

  var svg: String {
    let (w, h) = (Int(Self.width), Int(Self.height))
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(w) \(h)" width="\(w)" height="\(h)" role="img" font-family="sans-serif" font-size="13">
      <title>\(Self.escaped(title))</title>
      <style>.b{fill:#fff}text{fill:#333}@media(prefers-color-scheme:dark){.b{fill:#16181d}text{fill:#ccc}}</style>
      <rect class="b" width="\(w)" height="\(h)"/>
      <g fill="none" stroke-linecap="round" stroke-width="\(Format.fixed(2 * radius, 1))" stroke-opacity="0.75">

      """
    for layer in layers {
      let path = layer.dots.map { "M\(Format.fixed($0.x, 1)) \(Format.fixed($0.y, 1))h0" }.joined()
      text += "<path stroke=\"\(Self.colour(layer.label))\" d=\"\(path)\"/>\n"
    }
    text += "</g>\n" + legend + "</svg>\n"
    return text
  }

  private var legend: String {
    let clusters = layers.filter { ($0.label ?? -1) >= 0 }
    let noise = layers.filter { $0.label == -1 }
    var lines = clusters.prefix(Self.named).map { (colour: Self.colour($0.label), text: "\($0.label ?? 0): \(Format.count($0.dots.count))") }
    if clusters.count > Self.named {
      let rest = clusters.dropFirst(Self.named)
      lines.append(("none", "\(rest.count) more: \(Format.count(rest.reduce(0) { $0 + $1.dots.count }))"))
    }
    for layer in noise { lines.append((Self.colour(-1), "noise: \(Format.count(layer.dots.count))")) }
    let x = Self.width - Self.legendWidth
    return lines.enumerated().map { place, line in
      let y = Self.margin + 20 * Double(place) + 8
      return
        "<circle cx=\"\(Int(x))\" cy=\"\(Int(y))\" r=\"5\" fill=\"\(line.colour)\"/><text x=\"\(Int(x) + 12)\" y=\"\(Int(y) + 5)\">\(line.text)</text>\n"
    }.joined()
  }

  /// Neighbouring numbers get hues far apart (by the golden angle); lightness changes from turn to turn.
  private static func colour(_ label: Int32?) -> String {
    guard let label else { return "#4472c4" }
    guard label >= 0 else { return "#9a9a9a" }
    let hue = (Double(label) * 137.508 + 210).truncatingRemainder(dividingBy: 360)
    let lightness = [0.46, 0.58, 0.36][Int(label) / 8 % 3]
    return hex(hue, saturation: 0.65, lightness)
  }

  /// The usual way from hue, saturation and lightness to red, green and blue (CSS Color 4, section 7).
  private static func hex(_ hue: Double, saturation: Double, _ lightness: Double) -> String {
    func channel(_ n: Double) -> String {
      let k = (n + hue / 30).truncatingRemainder(dividingBy: 12)
      let value = lightness - saturation * min(lightness, 1 - lightness) * max(-1, min(k - 3, 9 - k, 1))
      let digits = String(Int((value * 255).rounded()), radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    return "#" + channel(0) + channel(8) + channel(4)
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }
}
