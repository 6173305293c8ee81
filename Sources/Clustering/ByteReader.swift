import Basics

/// Reads what `ByteWriter` wrote; anything else is a problem, never a crash.
struct ByteReader {
  private let bytes: [UInt8]
  private let name: String
  private var place: Int

  /// `kind` is what the bytes must begin with.
  init(_ bytes: [UInt8], kind: String, name: String) throws(Problem) {
    self.bytes = bytes
    self.name = name
    place = kind.utf8.count
    guard bytes.starts(with: kind.utf8) else {
      throw Problem(.malformed, "the bytes are not \(name) of this version", hint: "Capture it anew.", path: "baseline_snapshot")
    }
  }

  var fault: Problem {
    Problem(.malformed, "the bytes of \(name) are damaged at \(place) of \(bytes.count)", hint: "Capture it anew.", path: "baseline_snapshot")
  }

  mutating func integer() throws(Problem) -> Int { Int(truncatingIfNeeded: try raw()) }
  mutating func double() throws(Problem) -> Double { Double(bitPattern: try raw()) }

  /// A count that what is left could hold, at `size` bytes each.
  mutating func count(of size: Int = 8) throws(Problem) -> Int {
    let count = try integer()
    guard count >= 0, count <= (bytes.count - place) / size else { throw fault }
    return count
  }

  mutating func doubles(_ count: Int) throws(Problem) -> [Double] {
    guard count >= 0, count <= (bytes.count - place) / 8 else { throw fault }
    var result: [Double] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(try double()) }
    return result
  }

  mutating func countedDoubles() throws(Problem) -> [Double] { try doubles(try count()) }

  mutating func matrix() throws(Problem) -> Matrix {
    let (rows, columns) = (try integer(), try integer())
    let left = (bytes.count - place) / 4
    guard rows >= 0, columns > 0, columns <= 1 << 20, rows <= left / columns else { throw fault }
    let start = place
    place += rows * columns * 4
    return try Matrix(rows: rows, columns: columns) { (target) throws(Problem) in
      bytes.withUnsafeBytes { source in
        for i in 0..<rows * columns { target[i] = source.float(at: start + 4 * i) }
      }
    }
  }

  mutating func text() throws(Problem) -> String {
    let count = try count(of: 1)
    defer { place += count }
    return String(decoding: bytes[place..<place + count], as: UTF8.self)
  }

  func end() throws(Problem) { if place != bytes.count { throw fault } }

  private mutating func raw() throws(Problem) -> UInt64 {
    guard place + 8 <= bytes.count else { throw fault }
    defer { place += 8 }
    let start = place
    return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
  }
}
