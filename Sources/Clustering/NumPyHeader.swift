import Basics

/// What a `.npy` file says of its numbers: a Python dictionary such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`.
struct NumPyHeader {
  let rows: Int
  let columns: Int
  /// 64-bit numbers rather than 32-bit ones.
  let wide: Bool
  /// Where the numbers begin.
  let end: Int

  private static let offer = "Save it with: numpy.save(path, numpy.ascontiguousarray(x, dtype='<f4'))."

  /// `series`: one number a row, of an array of one dimension, too.
  init(_ file: borrowing File, series: Bool = false) throws(Problem) {
    let start = try file.bytes(at: 0, count: min(12, file.size))
    guard start.count == 12, start.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw Problem(.malformed, "this is not a NumPy file: it does not begin with \\x93NUMPY", hint: Self.offer)
    }
    let version = start[6]
    guard (1...3).contains(version) else {
      throw Problem(.unsupported, "NumPy format version \(version).\(start[7]) is unknown", hint: "Versions 1 to 3 are read. \(Self.offer)")
    }
    let long = version > 1
    let length = Int(start[8]) | Int(start[9]) << 8 | (long ? Int(start[10]) << 16 | Int(start[11]) << 24 : 0)
    end = (long ? 12 : 10) + length
    guard length <= 65536, end <= file.size else {
      throw Problem(.malformed, "the NumPy header claims \(length) bytes, the file has \(file.size)", hint: "The file seems to be cut short.")
    }
    let text = String(decoding: try file.bytes(at: end - length, count: length), as: UTF8.self)

    guard let type = Self.text(after: "descr", in: text) else {
      throw Problem(.malformed, "the NumPy header names no type: \(text.prefix(80))", hint: Self.offer)
    }
    guard type == "<f4" || type == "<f8" else {
      throw Problem(.unsupported, "the array's type is '\(type)', not '<f4' or '<f8'", hint: Self.offer, path: "descr")
    }
    wide = type == "<f8"
    guard Self.word(after: "fortran_order", in: text) == "False" else {
      throw Problem(.unsupported, "the array is stored column after column (fortran_order)", hint: Self.offer, path: "fortran_order")
    }
    guard var shape = Self.shape(in: text) else {
      throw Problem(.malformed, "the NumPy header has no readable shape: \(text.prefix(80))", hint: Self.offer, path: "shape")
    }
    if series, shape.count == 1 { shape.append(1) }
    if series, shape.count != 2 || shape[1] != 1 {
      let written = shape.map(String.init).joined(separator: ", ")
      throw Problem(.invalid, "the array's shape is (\(written))", hint: "One dimension is needed: one number after the other.", path: "shape")
    }
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      let written = shape.map(String.init).joined(separator: ", ")
      throw Problem(
        .invalid, "the array's shape is (\(written))", hint: "Two dimensions are needed: one row per vector, at least one of each.", path: "shape")
    }
    let (count, overflow) = shape[0].multipliedReportingOverflow(by: shape[1])
    let (bytes, tooMany) = count.multipliedReportingOverflow(by: wide ? 8 : 4)
    guard !overflow, !tooMany, bytes <= file.size - end else {
      throw Problem(
        .malformed, "\(shape[0]) rows of \(shape[1]) do not fit the \(file.size - end) bytes after the header",
        hint: "The file seems to be cut short.",
        path: "shape")
    }
    (rows, columns) = (shape[0], shape[1])
  }

  // MARK: - The dictionary

  /// What follows `'key':`, without the spaces before it.
  private static func value(after key: String, in text: String) -> Substring? {
    for quote in ["'", "\""] {
      let name = quote + key + quote
      var rest = text[...]
      while !rest.isEmpty {
        if rest.hasPrefix(name) {
          rest = rest.dropFirst(name.count).drop { $0 == " " }
          guard rest.first == ":" else { return nil }
          return rest.dropFirst().drop { $0 == " " }
        }
        rest = rest.dropFirst()
      }
    }
    return nil
  }

  private static func text(after key: String, in text: String) -> String? {
    guard let value = value(after: key, in: text), let quote = value.first, quote == "'" || quote == "\"" else { return nil }
    return String(value.dropFirst().prefix { $0 != quote })
  }

  private static func word(after key: String, in text: String) -> String? {
    value(after: key, in: text).map { String($0.prefix { $0.isLetter }) }
  }

  private static func shape(in text: String) -> [Int]? {
    guard let value = value(after: "shape", in: text), value.first == "(", let close = value.firstIndex(of: ")") else { return nil }
    let parts = value[value.index(after: value.startIndex)..<close].split(separator: ",").map { $0.filter { $0 != " " } }
    let written = parts.filter { !$0.isEmpty }
    let numbers = written.compactMap { Int($0) }
    return numbers.count == written.count && !numbers.contains { $0 < 0 } ? numbers : nil
  }
}
