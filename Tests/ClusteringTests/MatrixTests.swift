import Basics
import Glibc
import Testing

@testable import Clustering

@Suite("Matrices") struct MatrixTests {
  @Test("hold rows, select and normalise them") func rows() throws {
    let matrix = try Matrix([[3, 4], [0, 0], [-2, 0]])
    #expect(matrix.rows == 3 && matrix.columns == 2 && matrix[2] == [-2, 0])
    #expect(try matrix.selecting([2, 0, 2]).values == [-2, 0, 3, 4, -2, 0])
    #expect(try matrix.normalised().values == [0.6, 0.8, 0, 0, -1, 0])
    #expect(throws: Problem.self) { try matrix.selecting([3]) }
  }

  @Test("refuse rows of different lengths, wrong counts and values that are no numbers") func bad() throws {
    #expect(#expect(throws: Problem.self) { try Matrix([[1, 2], [3]]) }?.path == "[1]")
    #expect(throws: Problem.self) { try Matrix([]) }
    #expect(throws: Problem.self) { try Matrix([[]]) }
    #expect(throws: Problem.self) { try Matrix(rows: 2, columns: 2, values: [1, 2, 3]) }
    #expect(throws: Problem.self) { try Matrix(rows: .max, columns: 2, values: [1]) }
    #expect(throws: Problem.self) { try Matrix(rows: -1, columns: -1, values: [1]) }
    let problem = #expect(throws: Problem.self) { try Matrix([[1, 2], [3, -.infinity]]) }
    #expect(problem?.message == "row 1, column 1 is -inf, not a finite number" && problem?.path == "[1][1]")
  }
}

@Suite("Vector files") struct VectorFileTests {
  static let expected: [Float] = [0, 0.25, 0.5, 0.75, 1, 1.25]

  @Test("NumPy's own files are read", arguments: ["single", "double", "version2", "version3"])
  func numPy(name: String) throws {
    let matrix = try VectorFile.read(Fixtures.folder + name + ".npy")
    #expect(matrix.rows == 3 && matrix.columns == 2 && matrix.values == Self.expected)
  }

  @Test(
    "what is not rows of floats is refused with a way out",
    arguments: [
      ("fortran", "column after column"), ("big", "'>f4'"), ("integers", "'<i8'"), ("flat", "shape is (6)"), ("nan", "row 1, column 1 is nan"),
      ("huge", "row 2, column 0 is inf"),
    ])
  func refused(name: String, fragment: String) {
    let problem = #expect(throws: Problem.self) { try VectorFile.read(Fixtures.folder + name + ".npy") }
    #expect(problem?.message.contains(fragment) == true && problem?.message.contains(name + ".npy") == true)
    #expect(problem?.hint != nil)
  }

  @Test("a file cut anywhere, or with any byte of its header changed, gives an error or the numbers, never a crash") func damaged() throws {
    let whole = try Fixtures.bytes("single.npy")
    let path = Fixtures.temporaryPath("damaged.npy")
    defer { unlink(path) }
    for length in stride(from: 0, to: whole.count, by: 3) {
      try Self.write(Array(whole.prefix(length)), path)
      #expect(throws: Problem.self) { try VectorFile.read(path) }
    }
    var random = SeededRandom(seed: 1)
    for place in 0..<128 {
      var bytes = whole
      bytes[place] = UInt8(truncatingIfNeeded: random.next())
      try Self.write(bytes, path)
      _ = try? VectorFile.read(path)
    }
    for shape in ["(9223372036854775807, 2)", "(99999999, 99999999)", "(3, -2)", "(0, 2)", "(3,)", "()", "(3, 2, 1)", "3", "(3, x)"] {
      var text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }".utf8)
      text += Array(repeating: 32, count: 117 - text.count) + [10]
      try Self.write(Array(whole.prefix(10)) + text + whole.suffix(24), path)
      #expect(throws: Problem.self) { try VectorFile.read(path) }
    }
  }

  @Test("raw floats need dimensions that divide the file") func raw() throws {
    let matrix = try VectorFile.read(Fixtures.folder + "iris.f32", dimensions: 4)
    #expect(matrix.rows == 150 && abs(matrix[0][0] - 5.1) < 1e-6)
    for dimensions in [nil, 0, -4, 7, 1 << 40] {
      let problem = #expect(throws: Problem.self) { try VectorFile.read(Fixtures.folder + "iris.f32", dimensions: dimensions) }
      #expect(problem?.path == "dim" && problem?.hint != nil)
    }
    #expect(#expect(throws: Problem.self) { try VectorFile.read("/nowhere/x.f32", dimensions: 4) }?.kind == .notFound)
    #expect(throws: Problem.self) { try VectorFile.read("/tmp", dimensions: 4) }
  }

  @Test("what is written is read again", arguments: ["out.npy", "out.f32"]) func roundTrip(name: String) throws {
    let path = Fixtures.temporaryPath(name)
    defer { unlink(path) }
    let matrix = try Fixtures.blobs(rows: 37, columns: 5, centres: 3)
    try VectorFile.write(matrix, to: path)
    #expect(try VectorFile.read(path, dimensions: 5) == matrix)
    if name.hasSuffix(".npy") { #expect(try VectorFile.read(path) == matrix) }
  }

  @Test("labels are 32-bit integers, and the header is a multiple of 64") func labels() throws {
    let path = Fixtures.temporaryPath("labels.npy")
    defer { unlink(path) }
    try VectorFile.write(labels: [3, -1, 70000], to: path)
    let file = try File(reading: path)
    let bytes = try file.bytes(at: 0, count: file.size)
    #expect(bytes.count == 128 + 12 && bytes.suffix(12) == [3, 0, 0, 0, 255, 255, 255, 255, 0x70, 0x11, 1, 0])
    #expect(String(decoding: bytes[10..<128], as: UTF8.self).hasPrefix("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }"))
    #expect(throws: Problem.self) { try VectorFile.write(labels: [1], to: "/nowhere/labels.npy") }
  }

  @Test("a pipe is written to, not replaced by a file") func pipe() throws {
    let path = "/tmp/perigee-pipe-\(UInt64.random(in: 0 ... .max)).f32"
    #expect(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try VectorFile.write(Matrix([[1, 2]]), to: path)
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(read(reader, &bytes, 16) == 8)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  static func write(_ bytes: [UInt8], _ path: String) throws {
    var file = try FileWriter(path: path)
    try file.write(bytes)
    try file.finish()
  }
}
