import Basics
import Clustering
import Model

/// Labels, one whole number per row: `.npy`, `.csv` or `.txt` (one a line), `.json` (an array, or what `perigee cluster --json` prints), or raw
/// little-endian int32.
enum LabelFile {
  private static let limit = 1 << 30

  static func write(_ labels: [Int32], to path: String) throws(Problem) {
    if path.hasSuffix(".json") {
      try write(Array((JSON.array(labels.map { .int(Int64($0)) }).text + "\n").utf8), path)
    } else if path.hasSuffix(".csv") || path.hasSuffix(".txt") {
      var text: [UInt8] = []
      for label in labels { text += Array("\(label)\n".utf8) }
      try write(text, path)
    } else {
      try VectorFile.write(labels: labels, to: path)
    }
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws(Problem) {
    var writer = try FileWriter(path: path)
    try writer.write(bytes)
    try writer.finish()
  }

  static func read(_ path: String) throws(Problem) -> [Int32] {
    let bytes = try readFile(path, limit: limit)
    do throws(Problem) {
      if path.hasSuffix(".npy") { return try numPy(bytes) }
      if path.hasSuffix(".json") { return try json(bytes) }
      if path.hasSuffix(".csv") || path.hasSuffix(".txt") { return try lines(bytes) }
      guard bytes.count % 4 == 0 else {
        throw Problem(.invalid, "\(bytes.count) bytes are no whole number of 32-bit labels", hint: "Name other forms .npy, .csv, .txt or .json")
      }
      return whole(bytes, width: 4)
    } catch {
      var problem = error
      problem.message = "\(path): \(error.message)"
      throw problem
    }
  }

  private static func whole(_ bytes: [UInt8], width: Int) -> [Int32] {
    bytes.withUnsafeBytes { raw in
      (0..<bytes.count / width).map { index in
        switch width {
        case 1: Int32(raw.loadUnaligned(fromByteOffset: index, as: Int8.self))
        case 2: Int32(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        case 8: Int32(clamping: Int64(littleEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)))
        default: Int32(littleEndian: raw.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
        }
      }
    }
  }

  /// NEP 1: a header in Python's words, then the numbers.
  private static func numPy(_ bytes: [UInt8]) throws(Problem) -> [Int32] {
    let long = bytes.count > 12 && bytes[6] >= 2
    guard bytes.count > 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw Problem(.invalid, "it is no .npy file", hint: "numpy.save writes one")
    }
    let length = Int(bytes[8]) | Int(bytes[9]) << 8 | (long ? Int(bytes[10]) << 16 | Int(bytes[11]) << 24 : 0)
    let start = (long ? 12 : 10) + length
    guard start <= bytes.count else { throw Problem(.invalid, "the file is cut short") }
    let header = String(decoding: bytes[(long ? 12 : 10)..<start], as: UTF8.self)
    guard
      let width = ["i1": 1, "i2": 2, "i4": 4, "i8": 8].first(where: { header.contains("'<\($0.key)'") || header.contains("'|\($0.key)'") })?.value
    else {
      throw Problem(.invalid, "the numbers are no little-endian integers", hint: "Save labels.astype('int32')")
    }
    guard (bytes.count - start) % width == 0 else { throw Problem(.invalid, "the file is cut short") }
    return whole(Array(bytes[start...]), width: width)
  }

  private static func json(_ bytes: [UInt8]) throws(Problem) -> [Int32] {
    let json = try JSON(parsing: bytes)
    guard let items = json["labels"]?.array ?? json.array else {
      throw Problem(.invalid, "there is no array of labels", hint: "For example [0, 1, 1, -1], or {\"labels\": [0, 1]}")
    }
    var labels: [Int32] = []
    labels.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      guard let number = item.int, let label = Int32(exactly: number) else {
        throw Problem(.invalid, "[\(index)] is \(item.brief), not a whole number", hint: "Labels are 0, 1, … and -1 for noise")
      }
      labels.append(label)
    }
    return labels
  }

  private static func lines(_ bytes: [UInt8]) throws(Problem) -> [Int32] {
    var labels: [Int32] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      let text = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
      guard let label = Int32(text) else {
        // A heading is no label.
        if index == 0, !labels.isEmpty || text.contains(where: \.isLetter) { continue }
        throw Problem(.invalid, "line \(index + 1) is '\(text.prefix(40))', not a whole number", hint: "One label a line: 0, 1, … and -1 for noise")
      }
      labels.append(label)
    }
    return labels
  }
}
