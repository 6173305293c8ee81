import CSQLite

/// A statement that SQLite has compiled for one connection, with the names of its parameters in their order.
final class Prepared {
  let handle: OpaquePointer
  let name: String
  private let names: [String]
  /// For statements with so many parameters that a search would be slow.
  private let indices: [String: Int32]?
  /// What stood at each place of the last lists of parameters, and where it goes: callers give theirs in the same order again and again, and
  /// the very same literal is known by its address.
  private var slots: [(name: String, index: Int32)] = []
  /// Short texts on their way, one behind the other: bound from here they need neither a copy of SQLite's own nor a frame on the stack.
  private let scratch = UnsafeMutablePointer<CChar>.allocate(capacity: Prepared.scratchSize)
  private static let scratchSize = 1024

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
    names = (1...max(1, sqlite3_bind_parameter_count(compiled))).map { index in
      sqlite3_bind_parameter_name(compiled, index).map { String(cString: $0 + 1) } ?? ""
    }
    indices = names.count <= 64 ? nil : Dictionary(names.enumerated().map { ($1, Int32($0 + 1)) }, uniquingKeysWith: { first, _ in first })
  }

  deinit {
    sqlite3_finalize(handle)
    scratch.deallocate()
  }

  /// Binds by name, runs `body`, resets. Short texts are copied together; long ones and blobs are bound from their own memory, which the
  /// nesting keeps in its place until the statement has been reset. Many of those are copied instead: each would cost a frame on the stack.
  ///
  /// A name that the statement does not have is a bug of ours and SQLITE_RANGE.
  func bound<R>(_ parameters: [(name: String, value: Value)], _ body: () -> R, failed: (Int32) -> R) -> R {
    defer {
      sqlite3_reset(handle)
      sqlite3_clear_bindings(handle)
    }
    var long: [(place: Int, index: Int32)] = []
    var used = 0
    for place in parameters.indices {
      guard let index = index(of: parameters[place].name, at: place) else { return failed(SQLITE_RANGE) }
      let code: Int32
      switch parameters[place].value {
      case .null: code = sqlite3_bind_null(handle, index)
      case .integer(let number): code = sqlite3_bind_int64(handle, index, number)
      case .real(let number): code = sqlite3_bind_double(handle, index, number)
      case .text(var text):
        let count = text.utf8.count
        guard count <= Self.scratchSize - used else {
          long.append((place, index))
          continue
        }
        let start = scratch + used
        text.withUTF8 { bytes in
          if let base = bytes.baseAddress { UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: count) }
        }
        used += count
        // An address behind the scratch's end is never read: the text that begins there is empty.
        code = sqlite3_bind_text64(handle, index, start, UInt64(count), nil, UInt8(SQLITE_UTF8))
      case .blob, .floats:
        long.append((place, index))
        continue
      }
      guard code == SQLITE_OK else { return failed(code) }
    }
    if long.isEmpty { return body() }
    if long.count <= 64 { return bind(parameters, long[...], body, failed) }
    for (place, index) in long {
      let code = copy(parameters[place].value, index)
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

  private func bind<R>(
    _ parameters: [(name: String, value: Value)], _ long: ArraySlice<(place: Int, index: Int32)>, _ body: () -> R, _ failed: (Int32) -> R
  ) -> R {
    guard let (place, index) = long.first else { return body() }
    func next(_ code: Int32) -> R { code == SQLITE_OK ? bind(parameters, long.dropFirst(), body, failed) : failed(code) }
    switch parameters[place].value {
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          next(sqlite3_bind_text64(handle, index, $0.baseAddress ?? Self.empty, UInt64($0.count), nil, UInt8(SQLITE_UTF8)))
        }
      }
    case .blob(let bytes): return bytes.withUnsafeBytes { next(bind($0, index)) }
    case .floats(let floats): return floats.withUnsafeBytes { next(bind($0, index)) }
    case .null, .integer, .real: return next(copy(parameters[place].value, index))
    }
  }

  private func bind(_ bytes: UnsafeRawBufferPointer, _ index: Int32, _ destructor: sqlite3_destructor_type? = nil) -> Int32 {
    bytes.isEmpty ? sqlite3_bind_zeroblob(handle, index, 0) : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), destructor)
  }

  private func index(of name: String, at place: Int) -> Int32? {
    if place < slots.count, slots[place].name == name { return slots[place].index }
    guard let index = indices?[name] ?? names.firstIndex(of: name).map({ Int32($0 + 1) }) else { return nil }
    if place < slots.count { slots[place] = (name, index) } else if place == slots.count { slots.append((name, index)) }
    return index
  }

  var parameterNames: [String] { names.filter { !$0.isEmpty } }
}

enum SQLiteMemory {
  /// SQLITE_TRANSIENT, a macro in C: SQLite takes a copy of its own at once.
  static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
