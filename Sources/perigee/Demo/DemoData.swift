import Basics
import CAssets

/// The documents of `perigee demo`: definitions from WordNet with the vectors of a sentence encoder, inside the binary.
struct DemoData {
  struct Entry {
    /// The document's fields, `document_id` and `vectors` apart.
    var id: String
    var fields: JSONObject
    /// 1 comes first; 2 is what makes the collection drift.
    var wave: Int
    var vector: [Float]
  }

  static let dimensions = 384
  let entries: [Entry]

  init() throws(Problem) {
    let text = Self.bytes(cassets_demo_documents())
    let numbers = UnsafeRawBufferPointer(Self.bytes(cassets_demo_vectors()))
    let stride = 4 + Self.dimensions
    var entries: [Entry] = []
    for line in text.split(separator: 0x0A) {
      let json = try JSON(parsing: Array(line))
      var fields = json.object ?? JSONObject()
      let start = entries.count * stride
      guard let id = fields["id"]?.string, let wave = fields["wave"]?.int, start + stride <= numbers.count else {
        throw Problem(.internal, "the demo's data is damaged at document \(entries.count)")
      }
      fields["id"] = nil
      fields["wave"] = nil
      entries.append(Entry(id: id, fields: fields, wave: Int(wave), vector: Self.vector(numbers, at: start)))
    }
    self.entries = entries
  }

  private static func vector(_ numbers: UnsafeRawBufferPointer, at start: Int) -> [Float] {
    let scale = numbers.float(at: start)
    return (0..<dimensions).map { scale * Float(numbers.load(fromByteOffset: start + 4 + $0, as: Int8.self)) }
  }

  /// The licence under which the data may be passed on.
  static var licence: String { String(decoding: bytes(cassets_demo_licence()), as: UTF8.self) }

  private static func bytes(_ asset: cassets_bytes) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: asset.bytes, count: asset.size) }
}
