import Basics
import Glibc

/// The lines of a file, one at a time: files may be larger than memory. `-` is standard input.
struct LineReader: ~Copyable {
  struct Line {
    /// From 1.
    var number: Int
    /// Where it begins in the file.
    var offset: Int64
    /// Without the line break.
    var bytes: [UInt8]
  }

  /// A line longer than this is no line of JSON that the host would take.
  static let lineLimit = 16 << 20

  let path: String
  /// Size of the file; nil for pipes.
  let size: Int64?
  private let descriptor: Int32
  private let closes: Bool
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var number = 0
  private var offset: Int64 = 0
  private var isAtEnd = false
  private var ahead: Line?

  init(path: String, bufferSize: Int = 1 << 18) throws(Problem) {
    let (descriptor, size) = path == "-" ? (0, nil) : try Self.opened(path)
    self.path = path
    self.descriptor = descriptor
    self.size = size
    closes = path != "-"
    buffer = [UInt8](repeating: 0, count: bufferSize)
  }

  private static func opened(_ path: String) throws(Problem) -> (Int32, Int64?) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fileProblem(path, "read", errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw fileProblem(path, "read", EISDIR)
    }
    return (descriptor, status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil)
  }

  deinit { if closes { close(descriptor) } }

  /// The line that `next` will give.
  mutating func peek() throws(Problem) -> Line? {
    if ahead == nil { ahead = try next() }
    return ahead
  }

  /// The next line that is not blank, or nil at the end.
  mutating func next() throws(Problem) -> Line? {
    if let ahead {
      self.ahead = nil
      return ahead
    }
    while let line = try any() {
      if line.bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) { return line }
    }
    return nil
  }

  private mutating func any() throws(Problem) -> Line? {
    var bytes: [UInt8] = []
    let begins = offset
    while true {
      let found = buffer[start..<end].firstIndex(of: 0x0A)
      bytes += buffer[start..<(found ?? end)]
      offset += Int64((found.map { $0 + 1 } ?? end) - start)
      start = found.map { $0 + 1 } ?? end
      if bytes.count > Self.lineLimit {
        throw Problem(
          .tooLarge, "line \(number + 1) is longer than \(Format.bytes(Int64(Self.lineLimit)))", hint: "Write one JSON object per line", path: path)
      }
      if found != nil { break }
      if isAtEnd {
        if bytes.isEmpty { return nil }
        break
      }
      try fill()
    }
    number += 1
    return Line(number: number, offset: begins, bytes: bytes)
  }

  private mutating func fill() throws(Problem) {
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fileProblem(path, "read", errno) }
      (start, end) = (0, count)
      isAtEnd = count == 0
      return
    }
  }

  /// The JSON object on a line. A problem names file, line and byte.
  static func object(_ line: Line, of path: String) throws(Problem) -> JSONObject {
    let json: JSON
    do throws(Problem) { json = try JSON(parsing: line.bytes) } catch { throw located(error, line, path) }
    guard let object = json.object else {
      throw located(Problem(.invalid, "expected an object, got \(json.typeName)", hint: "For example {\"id\": \"a\", \"text\": \"…\"}"), line, path)
    }
    return object
  }

  /// The problem with the line's place put to it.
  static func located(_ problem: Problem, _ line: Line, _ path: String) -> Problem {
    var located = problem
    let byte = line.offset + (problem.details["byte_offset"]?.int ?? 0)
    let field = problem.path.map { " \($0):" } ?? ""
    located.path = nil
    located.message = "\(path), line \(line.number) (byte \(byte) of the file):\(field) \(problem.message)"
    located.details["line"] = .int(line.number)
    located.details["byte_offset"] = .int(byte)
    return located
  }
}
