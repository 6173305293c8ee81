import Basics

/// Writes numbers one after another, little-endian, after four letters that say what they are.
struct ByteWriter {
  private(set) var bytes: [UInt8]

  init(kind: String) { bytes = Array(kind.utf8) }

  mutating func put(_ value: Int) { put(raw: UInt64(bitPattern: Int64(value))) }
  mutating func put(_ value: Double) { put(raw: value.bitPattern) }

  mutating func put(_ values: [Double]) {
    for value in values { put(value) }
  }

  /// The count, then the numbers.
  mutating func putCounted(_ values: [Double]) {
    put(values.count)
    put(values)
  }

  /// Shape, then 32-bit numbers.
  mutating func put(_ matrix: Matrix) {
    put(matrix.rows)
    put(matrix.columns)
    #if _endian(little)
      bytes.append(contentsOf: UnsafeRawBufferPointer(matrix.storage.values).prefix(matrix.rows * matrix.columns * 4))
    #else
      for value in matrix.values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
    #endif
  }

  /// The number of bytes, then UTF-8.
  mutating func put(text: String) {
    put(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func put(raw: UInt64) { withUnsafeBytes(of: raw.littleEndian) { bytes.append(contentsOf: $0) } }
}
