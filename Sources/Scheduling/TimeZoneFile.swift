import Basics
import Glibc

/// The content of a compiled time zone file (TZif, RFC 9636, versions 1 to 4), checked.
///
/// Offsets and moments only: which stretch is called "daylight saving" and how it is abbreviated decides nothing here, and names like "IST"
/// mislead. Files that count leap seconds (`right/…`) are refused, since our time does not.
struct TimeZoneFile: Sendable, Equatable {
  /// When the offset changes, in seconds since the epoch, ascending.
  var moments: [Int64]
  /// The offset after each of them, in seconds east of Greenwich.
  var offsets: [Int64]
  /// The offset before the first.
  var initial: Int64
  /// What holds after the last; nil when the last offset stays.
  var rule: PosixTimeZone?

  /// What is wrong with a file.
  struct Damage: Error, Equatable { var reason: String }

  init(bytes: [UInt8]) throws(Damage) {
    var reader = Reader(bytes: bytes)
    var header = try Header(&reader)
    let large = header.version >= UInt8(ascii: "2")
    if large {
      // The first block repeats the second in 32 bits, for readers of before 2005.
      try reader.skip(header.size(word: 4))
      header = try Header(&reader)
    }
    let word = large ? 8 : 4
    guard header.types > 0, header.characters > 0 else { throw Damage(reason: "it has no local time types") }
    guard header.leaps == 0 else { throw Damage(reason: "it counts leap seconds") }
    guard header.size(word: word) <= reader.remaining else { throw Damage(reason: "it is cut short") }

    moments = []
    for _ in 0..<header.transitions {
      moments.append(large ? Int64(bitPattern: try reader.number(8)) : Int64(Int32(truncatingIfNeeded: try reader.number(4))))
    }
    guard zip(moments, moments.dropFirst()).allSatisfy(<) else { throw Damage(reason: "its changes are out of order") }
    var indexes: [Int] = []
    for _ in 0..<header.transitions { indexes.append(Int(try reader.number(1))) }
    var types: [Int64] = []
    for _ in 0..<header.types {
      let offset = Int64(Int32(truncatingIfNeeded: try reader.number(4)))
      // RFC 9636, 3.2: more than -25 and less than 26 hours.
      guard offset > -90_000, offset < 93_600 else { throw Damage(reason: "an offset of \(offset) seconds is out of range") }
      types.append(offset)
      _ = try reader.number(2)
    }
    guard indexes.allSatisfy({ $0 < types.count }) else { throw Damage(reason: "a change leads to a type that it does not have") }
    offsets = indexes.map { types[$0] }
    initial = types[0]
    try reader.skip(header.characters + header.standards + header.universals)
    rule = large ? try Self.footer(&reader) : nil
  }

  /// A line feed, the rule or nothing, a line feed.
  private static func footer(_ reader: inout Reader) throws(Damage) -> PosixTimeZone? {
    guard try reader.number(1) == 10 else { throw Damage(reason: "its footer is missing") }
    var text: [UInt8] = []
    while true {
      let byte = UInt8(truncatingIfNeeded: try reader.number(1))
      if byte == 10 { break }
      text.append(byte)
    }
    if text.isEmpty { return nil }
    guard let rule = PosixTimeZone(text) else {
      throw Damage(reason: "its footer '\(String(decoding: text.prefix(60), as: UTF8.self))' is not a rule")
    }
    return rule
  }

  // MARK: - Bytes

  /// The counts at the start of each block.
  private struct Header {
    var version: UInt8
    var universals, standards, leaps, transitions, types, characters: Int

    init(_ reader: inout Reader) throws(Damage) {
      guard try reader.number(4) == 0x545A_6966 else { throw Damage(reason: "it is not a TZif file") }
      version = UInt8(truncatingIfNeeded: try reader.number(1))
      try reader.skip(15)
      universals = Int(try reader.number(4))
      standards = Int(try reader.number(4))
      leaps = Int(try reader.number(4))
      transitions = Int(try reader.number(4))
      types = Int(try reader.number(4))
      characters = Int(try reader.number(4))
    }

    /// Bytes of the block after its header. The counts have 32 bits each, so the sum cannot overflow.
    func size(word: Int) -> Int { transitions * (word + 1) + types * 6 + characters + leaps * (word + 4) + standards + universals }
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0
    init(bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - at }

    mutating func skip(_ count: Int) throws(Damage) {
      guard count <= remaining else { throw Damage(reason: "it is cut short") }
      at += count
    }

    /// Big-endian.
    mutating func number(_ width: Int) throws(Damage) -> UInt64 {
      guard width <= remaining else { throw Damage(reason: "it is cut short") }
      defer { at += width }
      return bytes[at..<at + width].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}

// MARK: - Files

extension TimeZoneFile {
  /// The whole of a regular file of at most 1 MiB (the largest zone has 4 kB); nil when there is none.
  ///
  /// Opening does not block, lest a pipe that stands in a zone's place hold the caller.
  static func contents(of path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= 1 << 20 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      filled += count
    }
    return bytes
  }
}
