package import Basics
import CKernels

/// Vectors and labels in files: NumPy's `.npy`, and raw little-endian numbers (`.f32`, `.i32`), whose dimensions the caller knows.
///
/// The format of `.npy` is NumPy's NEP 1 (versions 1 to 3): a magic word, a Python dictionary as text, the numbers.
package enum VectorFile {
  /// Reads a matrix. Files ending in `.npy` say their own shape; others are 32-bit floats in rows of `dimensions`.
  ///
  /// Throws when the file cannot be read, is something else, does not divide into rows, or holds a NaN or an infinity (with row and column).
  package static func read(_ path: String, dimensions: Int? = nil) throws(Problem) -> Matrix {
    do throws(Problem) {
      let file = try File(reading: path)
      return path.hasSuffix(".npy") ? try readNumPy(file, dimensions) : try readRaw(file, dimensions)
    } catch { throw error.about(path) }
  }

  /// Writes a matrix as `.npy` when the path ends so, else as raw 32-bit floats. The file appears whole or not at all.
  package static func write(_ matrix: Matrix, to path: String) throws(Problem) {
    let header = path.hasSuffix(".npy") ? numPyHeader("<f4", "(\(matrix.rows), \(matrix.columns))") : []
    try write(path, header, UnsafeRawBufferPointer(matrix.storage.values))
  }

  /// Writes labels as `.npy` when the path ends so, else as raw 32-bit integers. The file appears whole or not at all.
  package static func write(labels: [Int32], to path: String) throws(Problem) {
    let header = path.hasSuffix(".npy") ? numPyHeader("<i4", "(\(labels.count),)") : []
    let buffer = try Buffer<Int32>(count: labels.count)
    for (i, label) in labels.enumerated() { buffer.pointer[i] = label.littleEndian }
    try write(path, header, UnsafeRawBufferPointer(buffer.values))
  }

  // MARK: - Reading piece by piece

  /// Reads a series of numbers in order, in constant memory: `.npy` of one dimension or one column, `.f32` or `.f64`.
  package static func forSeries(_ path: String, _ body: (Double) throws(Problem) -> Void) throws(Problem) {
    do throws(Problem) {
      let file = try File(reading: path)
      let header = path.hasSuffix(".npy") ? try NumPyHeader(file, series: true) : nil
      let width = header?.wide ?? path.hasSuffix(".f64") ? 8 : 4
      let (start, end) = (header?.end ?? 0, header.map { $0.end + $0.rows * width } ?? file.size)
      guard (end - start) % width == 0 else {
        throw Problem(.malformed, "\(end - start) bytes are no whole number of \(8 * width)-bit floats", hint: "Is the file whole?")
      }
      for offset in stride(from: start, to: end, by: piece) {
        let bytes = try file.bytes(at: offset, count: min(piece, end - offset))
        for place in stride(from: 0, to: bytes.count, by: width) {
          try body(bytes.withUnsafeBytes { width == 8 ? $0.double(at: place) : Double($0.float(at: place)) })
        }
      }
    } catch { throw error.about(path) }
  }

  /// Reads the rows that `read` gives, some at a time.
  package static func forPieces(_ path: String, dimensions: Int? = nil, _ body: (Matrix) throws(Problem) -> Void) throws(Problem) {
    do throws(Problem) {
      let file = try File(reading: path)
      let header = path.hasSuffix(".npy") ? try NumPyHeader(file) : nil
      let (rows, columns): (Int, Int)
      if let header { (rows, columns) = (header.rows, try width(of: header, dimensions)) } else { (rows, columns) = try rawShape(file, dimensions) }
      let (bytesEach, start) = (header?.wide ?? false ? 8 : 4, header?.end ?? 0)
      let atOnce = max(1, piece / (columns * bytesEach))
      for first in stride(from: 0, to: rows, by: atOnce) {
        let count = min(atOnce, rows - first)
        let bytes = try file.bytes(at: start + first * columns * bytesEach, count: count * columns * bytesEach)
        try body(
          try Matrix(rows: count, columns: columns) { (target) throws(Problem) in
            bytes.withUnsafeBytes { raw in
              for i in 0..<count * columns { target[i] = bytesEach == 8 ? Float(raw.double(at: 8 * i)) : raw.float(at: 4 * i) }
            }
          })
      }
    } catch { throw error.about(path) }
  }

  private static let piece = 1 << 20

  // MARK: - Reading

  private static func readRaw(_ file: borrowing File, _ dimensions: Int?) throws(Problem) -> Matrix {
    let (rows, columns) = try rawShape(file, dimensions)
    return try Matrix(rows: rows, columns: columns) { (target) throws(Problem) in
      try file.read(into: UnsafeMutableRawBufferPointer(target), at: 0)
    }
  }

  /// How many rows there are, and of how many numbers.
  private static func rawShape(_ file: borrowing File, _ dimensions: Int?) throws(Problem) -> (rows: Int, columns: Int) {
    guard let dimensions else {
      throw Problem(.invalid, "raw vectors do not say how long they are", hint: "Give the number of dimensions, for example --dim 384.", path: "dim")
    }
    guard dimensions > 0, dimensions <= 1 << 20 else {
      throw Problem(.invalid, "dim is \(dimensions)", hint: "Choose 1 to 1048576, for example 384.", path: "dim")
    }
    let row = dimensions * 4
    guard file.size > 0 else { throw Problem(.malformed, "the file is empty") }
    guard file.size % row == 0 else {
      throw Problem(
        .malformed, "\(file.size) bytes do not divide into rows of \(dimensions) 32-bit floats (\(row) bytes)", hint: divisors(of: file.size),
        path: "dim")
    }
    return (file.size / row, dimensions)
  }

  /// Offers usual sizes that would fit.
  private static func divisors(of size: Int) -> String {
    let fitting = [384, 512, 768, 1024, 1536, 3072, 256, 128, 100, 64].filter { size % ($0 * 4) == 0 }
    if fitting.isEmpty { return "Check the number of dimensions, and that the file is whole." }
    return "Sizes that fit: \(fitting.map(String.init).joined(separator: ", "))."
  }

  private static func readNumPy(_ file: borrowing File, _ dimensions: Int?) throws(Problem) -> Matrix {
    let header = try NumPyHeader(file)
    let (rows, columns) = (header.rows, try width(of: header, dimensions))
    return try Matrix(rows: rows, columns: columns) { (target) throws(Problem) in
      if header.wide {
        let wide = try Buffer<Double>(count: rows * columns)
        try file.read(into: UnsafeMutableRawBufferPointer(wide.values), at: header.end)
        for i in 0..<rows * columns { target[i] = Float(wide.pointer[i]) }
      } else {
        try file.read(into: UnsafeMutableRawBufferPointer(target), at: header.end)
      }
    }
  }

  private static func width(of header: NumPyHeader, _ dimensions: Int?) throws(Problem) -> Int {
    if let dimensions, dimensions != header.columns {
      throw Problem(
        .invalid, "the array has \(header.columns) columns, not \(dimensions)", hint: "Leave the number of dimensions out: the file says it.",
        path: "dim")
    }
    return header.columns
  }

  // MARK: - Writing

  /// NEP 1: the header, padded with spaces so that the numbers begin at a multiple of 64, ends in a newline.
  private static func numPyHeader(_ type: String, _ shape: String) -> [UInt8] {
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    while (10 + text.count + 1) % 64 != 0 { text.append(UInt8(ascii: " ")) }
    text.append(UInt8(ascii: "\n"))
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }

  private static func write(_ path: String, _ header: [UInt8], _ body: UnsafeRawBufferPointer) throws(Problem) {
    var file = try FileWriter(path: path)
    try file.write(header)
    try file.write(raw: body)
    try file.finish()
  }
}

extension Problem {
  /// The problem with the file's name before it.
  fileprivate func about(_ file: String) -> Problem {
    var problem = self
    problem.message = "\(file): \(message)"
    return problem
  }
}
