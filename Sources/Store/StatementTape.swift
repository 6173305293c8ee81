import Basics
import Glibc

/// Statements with their parameters, one behind the other in one piece of memory: what a transaction is made of.
///
/// A burst of fires writes half a million parameters a second. As arrays of values, allocating them and counting references took longer than
/// what SQLite does with them. A value: copies share the memory until one of them is written.
///
/// @unchecked Sendable: whoever writes makes sure first that nobody else has the memory.
struct StatementTape: @unchecked Sendable {
  /// How a parameter goes on after its name.
  enum Tag: UInt8 {
    /// Eight bytes.
    case integer, real
    /// Four bytes say how many follow.
    case text
    case null
    /// The next of `large`.
    case large
  }

  /// What stands before a statement's parameters.
  struct Head {
    var statement: Int32
    var parameters: Int32
    /// How many of its parameters are in `large`.
    var large: Int32 = 0
    /// The bytes of its parameters.
    var bytes: Int
    /// Rows that it must change; negative: any number.
    var expected: Int64
    /// The guard's name, where it has one of its own.
    var guardName: StaticString?
  }

  /// Longer texts keep their own memory.
  private static let longest = 4096

  /// The object and its bytes are one piece: there are two of these for each fire.
  private final class Memory: ManagedBuffer<Void, UInt64> {
    static func with(bytes count: Int) -> Memory { unsafeDowncast(create(minimumCapacity: (count + 7) / 8) { _ in () }, to: Memory.self) }
    /// Good as long as the object.
    var start: UnsafeMutableRawPointer { withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) } }
  }

  /// How many bytes it takes at first.
  private let room: Int
  /// Owns what `start` points at; the rest stands beside it, so that a parameter is written without counting references.
  private var memory: Memory?
  private var start: UnsafeMutableRawPointer?
  private var capacity = 0
  private var used = 0
  /// Blobs, vectors and long texts, in the order in which parameters name them.
  private var large: [Value] = []
  /// Where the head of the last statement is.
  private var head = 0

  var isEmpty: Bool { used == 0 }

  init(room: Int = 960) { self.room = room }

  // MARK: - Writing

  /// Makes room for `count` more bytes in memory that is this tape's alone, and answers where they go.
  private mutating func grow(by count: Int) -> UnsafeMutableRawPointer {
    if let start, capacity - used >= count, isKnownUniquelyReferenced(&memory) {
      defer { used += count }
      return start + used
    }
    let room = max(room, used + count + used / 2)
    let larger = Memory.with(bytes: room)
    let begin = larger.start
    if let start { begin.copyMemory(from: start, byteCount: used) }
    (memory, start, capacity) = (larger, begin, room)
    defer { used += count }
    return begin + used
  }

  /// Heads are read with their own alignment.
  private mutating func align() {
    let over = used & 7
    if over > 0 { _ = grow(by: 8 - over) }
  }

  /// Begins a statement; one that is composed has no number, and stands alone on its tape.
  mutating func begin(_ statement: Statement?, expecting expected: Int64? = nil, guardName: StaticString? = nil) {
    align()
    head = used
    grow(by: MemoryLayout<Head>.stride).initializeMemory(
      as: Head.self,
      to: Head(
        statement: statement.map { Int32($0.rawValue) } ?? -1, parameters: 0, bytes: 0, expected: expected ?? -1, guardName: guardName))
  }

  /// Begins the next parameter: its name, its tag, and `count` bytes whose place is answered.
  private mutating func put(_ name: UnsafeBufferPointer<UInt8>, _ tag: Tag, _ count: Int) -> UnsafeMutableRawPointer {
    let whole = 2 + name.count + count
    let place = grow(by: whole)
    place.storeBytes(of: UInt8(truncatingIfNeeded: name.count), as: UInt8.self)
    if let base = name.baseAddress { (place + 1).copyMemory(from: base, byteCount: name.count) }
    (place + 1 + name.count).storeBytes(of: tag.rawValue, as: UInt8.self)
    if let start {
      let head = (start + head).assumingMemoryBound(to: Head.self)
      head.pointee.parameters += 1
      head.pointee.bytes += whole
      if tag == .large { head.pointee.large += 1 }
    }
    return place + 2 + name.count
  }

  private mutating func put(_ name: UnsafeBufferPointer<UInt8>, text: UnsafeBufferPointer<UInt8>) {
    let place = put(name, .text, 4 + text.count)
    place.storeBytes(of: UInt32(text.count), as: UInt32.self)
    if let base = text.baseAddress { (place + 4).copyMemory(from: base, byteCount: text.count) }
  }

  private mutating func put(_ name: UnsafeBufferPointer<UInt8>, _ text: String) {
    if text.utf8.count > Self.longest {
      _ = put(name, .large, 0)
      large.append(.text(text))
    } else if text.utf8.withContiguousStorageIfAvailable({ put(name, text: $0) }) == nil {
      var text = text
      text.withUTF8 { put(name, text: $0) }
    }
  }

  private mutating func put(_ name: UnsafeBufferPointer<UInt8>, _ value: Value) {
    switch value {
    case .null: _ = put(name, .null, 0)
    case .integer(let number): put(name, .integer, 8).storeBytes(of: number, as: Int64.self)
    case .real(let number): put(name, .real, 8).storeBytes(of: number, as: Double.self)
    case .text(let text): put(name, text)
    case .blob, .floats:
      _ = put(name, .large, 0)
      large.append(value)
    }
  }

  mutating func put(_ parameters: [(name: String, value: Value)]) {
    for (name, value) in parameters {
      if name.utf8.withContiguousStorageIfAvailable({ put($0, value) }) == nil {
        var name = name
        name.withUTF8 { put($0, value) }
      }
    }
  }

  mutating func put(_ name: StaticString, _ text: String?) {
    name.withUTF8Buffer { name in if let text { put(name, text) } else { _ = put(name, .null, 0) } }
  }

  mutating func put(_ name: StaticString, _ number: Int64?) {
    name.withUTF8Buffer { name in
      if let number { put(name, .integer, 8).storeBytes(of: number, as: Int64.self) } else { _ = put(name, .null, 0) }
    }
  }

  mutating func put(_ name: StaticString, _ instant: Instant?) { put(name, instant?.milliseconds) }
  mutating func put(_ name: StaticString, _ flag: Bool?) { put(name, flag.map { $0 ? 1 : 0 }) }
  /// Its JSON text.
  mutating func put(_ name: StaticString, _ object: JSONObject) {
    let text = JSON.object(object).bytes
    name.withUTF8Buffer { name in
      if text.count > Self.longest {
        put(name, String(decoding: text, as: UTF8.self))
      } else {
        text.withUnsafeBufferPointer { put(name, text: $0) }
      }
    }
  }
  mutating func put(_ name: StaticString, _ value: Value) { name.withUTF8Buffer { put($0, value) } }

  /// The statements of another one follow.
  mutating func append(_ other: StatementTape) {
    guard let theirs = other.start, other.used > 0 else { return }
    if isEmpty {
      self = other
      return
    }
    align()
    grow(by: other.used).copyMemory(from: theirs, byteCount: other.used)
    large += other.large
  }

  /// Empty again, with its memory kept for what comes next.
  mutating func removeAll() {
    used = 0
    if !large.isEmpty { large.removeAll() }
  }

  // MARK: - Reading

  /// One statement's parameters, good as long as the tape.
  struct Parameters {
    let count: Int
    fileprivate let bytes: UnsafeRawBufferPointer
    /// Of the tape, beginning with the first that is one of these.
    let large: ArraySlice<Value>

    static var none: Parameters { Parameters(count: 0, bytes: UnsafeRawBufferPointer(start: nil, count: 0), large: []) }

    enum Cell {
      case null
      case integer(Int64)
      case real(Double)
      case text(UnsafeRawBufferPointer)
      /// The next of `large`.
      case large
    }

    /// Goes through the parameters until `body` says false.
    func walk(_ body: (_ name: UnsafeRawBufferPointer, Cell) -> Bool) {
      guard var place = bytes.baseAddress else { return }
      for _ in 0..<count {
        let name = UnsafeRawBufferPointer(start: place + 1, count: Int(place.load(as: UInt8.self)))
        let tag = Tag(rawValue: place.load(fromByteOffset: 1 + name.count, as: UInt8.self)) ?? .null
        place += 2 + name.count
        let cell: Cell
        switch tag {
        case .null: cell = .null
        case .large: cell = .large
        case .integer:
          cell = .integer(place.loadUnaligned(as: Int64.self))
          place += 8
        case .real:
          cell = .real(place.loadUnaligned(as: Double.self))
          place += 8
        case .text:
          let count = Int(place.loadUnaligned(as: UInt32.self))
          cell = .text(UnsafeRawBufferPointer(start: place + 4, count: count))
          place += 4 + count
        }
        guard body(name, cell) else { return }
      }
    }

    /// The text of the parameter of this name, as long as the tape; nil where there is none.
    func text(of name: StaticString) -> UnsafeRawBufferPointer? {
      var found: UnsafeRawBufferPointer?
      walk { other, cell in
        guard case .text(let text) = cell, other.count == name.utf8CodeUnitCount, let base = other.baseAddress else { return true }
        guard memcmp(base, name.utf8Start, other.count) == 0 else { return true }
        found = text
        return false
      }
      return found
    }

    /// A copy that outlives the tape, to see whether the same ones come again.
    var bytesCopied: [UInt8] { Array(bytes) }
    func hasSameBytes(_ known: [UInt8]) -> Bool { known.count == bytes.count && bytes.elementsEqual(known) }

    /// As values of their own, for telling what was wrong with them.
    var list: [(name: String, value: Value)] {
      var result: [(name: String, value: Value)] = []
      var large = large
      walk { name, cell in
        let value: Value
        switch cell {
        case .null: value = .null
        case .integer(let number): value = .integer(number)
        case .real(let number): value = .real(number)
        case .text(let bytes): value = .text(String(decoding: bytes, as: UTF8.self))
        case .large: value = large.popFirst() ?? .null
        }
        result.append((String(decoding: name, as: UTF8.self), value))
        return true
      }
      return result
    }
  }

  /// Goes through the statements in their order; a number that names no statement never gets onto a tape.
  func walk<Failure: Error>(_ body: (Head, Parameters) throws(Failure) -> Void) throws(Failure) {
    guard let start else { return }
    // The bytes are used to the end of the walk, but only by their address.
    defer { withExtendedLifetime(memory) {} }
    let bytes = UnsafeRawBufferPointer(start: start, count: used)
    var place = 0
    var taken = 0
    while place < bytes.count {
      let head = bytes.load(fromByteOffset: place, as: Head.self)
      let begin = place + MemoryLayout<Head>.stride
      let parameters = Parameters(
        count: Int(head.parameters), bytes: UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + head.bytes]), large: large[taken...])
      try body(head, parameters)
      taken += Int(head.large)
      place = (begin + head.bytes + 7) & ~7
    }
  }
}
