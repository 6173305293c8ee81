import CSQLite
import Glibc

/// A statement that SQLite has compiled for one connection, with the names of its parameters in their order.
final class Prepared {
  let handle: OpaquePointer
  let name: String
  let parameterNames: [String]
  /// The names once more, for comparing: where each begins in memory of their own, and one more place for the end of the last.
  private let spelling: UnsafeMutablePointer<UInt8>
  private let ends: [Int]
  /// For statements with so many parameters that a search would be slow.
  private let indices: [String: Int32]?
  /// Where the parameter at each place of the last tapes goes: they come in the same order again and again.
  private var slots: [Int32] = []

  init(_ sql: String, name: String, on connection: OpaquePointer) throws(SQLiteFault) {
    var compiled: OpaquePointer?
    var text = sql
    let code = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        sqlite3_prepare_v3(connection, $0.baseAddress, Int32($0.count), UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
      }
    }
    guard code == SQLITE_OK, let compiled else { throw SQLiteFault(code, connection, name) }
    handle = compiled
    self.name = name
    let count = sqlite3_bind_parameter_count(compiled)
    let names = (1...max(1, count)).map { index in sqlite3_bind_parameter_name(compiled, index).map { String(cString: $0 + 1) } ?? "" }
    parameterNames = names.filter { !$0.isEmpty }
    let spelled = names.flatMap(\.utf8)
    spelling = .allocate(capacity: max(1, spelled.count))
    spelling.initialize(from: spelled, count: spelled.count)
    ends = names.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.utf8.count) }
    indices = names.count <= 64 ? nil : Dictionary(names.enumerated().map { ($1, Int32($0 + 1)) }, uniquingKeysWith: { first, _ in first })
  }

  deinit {
    sqlite3_finalize(handle)
    spelling.deallocate()
  }

  /// Binds by name, runs `body`, resets. Texts are bound from the tape; large values from their own memory, which the nesting keeps in its
  /// place until the statement has been reset. Many of those are copied instead: each would cost a frame on the stack.
  ///
  /// A name that the statement does not have is a bug of ours and SQLITE_RANGE.
  func bound<R>(_ parameters: StatementTape.Parameters, _ body: () -> R, failed: (Int32) -> R) -> R {
    defer {
      sqlite3_reset(handle)
      sqlite3_clear_bindings(handle)
    }
    var long: [Int32] = []
    var place = 0
    var code = SQLITE_OK
    parameters.walk { name, cell in
      guard let index = index(of: name, at: place) else {
        code = SQLITE_RANGE
        return false
      }
      place += 1
      switch cell {
      case .null: code = sqlite3_bind_null(handle, index)
      case .integer(let number): code = sqlite3_bind_int64(handle, index, number)
      case .real(let number): code = sqlite3_bind_double(handle, index, number)
      case .text(let text):
        code = sqlite3_bind_text64(
          handle, index, text.baseAddress?.assumingMemoryBound(to: CChar.self) ?? Self.empty, UInt64(text.count), nil, UInt8(SQLITE_UTF8))
      case .large: long.append(index)
      }
      return code == SQLITE_OK
    }
    guard code == SQLITE_OK else { return failed(code) }
    if long.isEmpty { return body() }
    let large = parameters.large.prefix(long.count)
    if long.count <= 64 { return bind(large, long[...], body, failed) }
    for (value, index) in zip(large, long) {
      let code = copy(value, index)
      guard code == SQLITE_OK else { return failed(code) }
    }
    return body()
  }

  private func copy(_ value: Value, _ index: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(handle, index)
    case .integer(let number): return sqlite3_bind_int64(handle, index, number)
    case .real(let number): return sqlite3_bind_double(handle, index, number)
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          sqlite3_bind_text64(handle, index, $0.baseAddress ?? Self.empty, UInt64($0.count), SQLiteMemory.transient, UInt8(SQLITE_UTF8))
        }
      }
    case .blob(let bytes): return bytes.withUnsafeBytes { bind($0, index, SQLiteMemory.transient) }
    case .floats(let floats): return floats.withUnsafeBytes { bind($0, index, SQLiteMemory.transient) }
    }
  }

  /// An empty buffer may have no address, and SQLite takes that for NULL.
  ///
  /// nonisolated(unsafe): one byte that never changes.
  nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
  }()

  private func bind<R>(_ values: ArraySlice<Value>, _ indices: ArraySlice<Int32>, _ body: () -> R, _ failed: (Int32) -> R) -> R {
    guard let value = values.first, let index = indices.first else { return body() }
    func next(_ code: Int32) -> R { code == SQLITE_OK ? bind(values.dropFirst(), indices.dropFirst(), body, failed) : failed(code) }
    switch value {
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          next(sqlite3_bind_text64(handle, index, $0.baseAddress ?? Self.empty, UInt64($0.count), nil, UInt8(SQLITE_UTF8)))
        }
      }
    case .blob(let bytes): return bytes.withUnsafeBytes { next(bind($0, index)) }
    case .floats(let floats): return floats.withUnsafeBytes { next(bind($0, index)) }
    case .null, .integer, .real: return next(copy(value, index))
    }
  }

  private func bind(_ bytes: UnsafeRawBufferPointer, _ index: Int32, _ destructor: sqlite3_destructor_type? = nil) -> Int32 {
    bytes.isEmpty ? sqlite3_bind_zeroblob(handle, index, 0) : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), destructor)
  }

  private func index(of name: UnsafeRawBufferPointer, at place: Int) -> Int32? {
    if place < slots.count, has(name, at: slots[place]) { return slots[place] }
    let known = indices == nil ? nil : String(decoding: name, as: UTF8.self)
    guard let index = known.map({ indices?[$0] }) ?? (0..<ends.count - 1).first(where: { has(name, at: Int32($0 + 1)) }).map({ Int32($0 + 1) }) else {
      return nil
    }
    if place < slots.count { slots[place] = index } else if place == slots.count { slots.append(index) }
    return index
  }

  private func has(_ name: UnsafeRawBufferPointer, at index: Int32) -> Bool {
    let start = ends[Int(index) - 1]
    guard ends[Int(index)] - start == name.count else { return false }
    guard let base = name.baseAddress else { return true }
    return memcmp(spelling + start, base, name.count) == 0
  }
}

enum SQLiteMemory {
  /// SQLITE_TRANSIENT, a macro in C: SQLite takes a copy of its own at once.
  static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
