import CSQLite

/// A statement that SQLite has compiled for one connection, with the names of its parameters in their order.
final class Prepared {
  let handle: OpaquePointer
  let name: String
  private let names: [String]

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
  }

  deinit { sqlite3_finalize(handle) }

  /// Binds by name, runs `body`, resets. Text and blobs are bound from their own memory, which the nesting keeps in its place
  /// until the statement has been reset.
  ///
  /// A name that the statement does not have is a bug of ours and SQLITE_RANGE.
  func bound<R>(_ parameters: [(name: String, value: Value)], _ body: () -> R, failed: (Int32) -> R) -> R {
    defer {
      sqlite3_reset(handle)
      sqlite3_clear_bindings(handle)
    }
    return bind(parameters, 0, body, failed)
  }

  private func bind<R>(_ parameters: [(name: String, value: Value)], _ position: Int, _ body: () -> R, _ failed: (Int32) -> R) -> R {
    guard position < parameters.count else { return body() }
    let (name, value) = parameters[position]
    guard let index = index(of: name, expected: position) else { return failed(SQLITE_RANGE) }
    func next(_ code: Int32) -> R { code == SQLITE_OK ? bind(parameters, position + 1, body, failed) : failed(code) }
    switch value {
    case .null: return next(sqlite3_bind_null(handle, index))
    case .integer(let number): return next(sqlite3_bind_int64(handle, index, number))
    case .real(let number): return next(sqlite3_bind_double(handle, index, number))
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          // An empty buffer may have no address, and SQLite takes that for NULL.
          next($0.isEmpty ? sqlite3_bind_text(handle, index, "", 0, nil) : sqlite3_bind_text64(handle, index, $0.baseAddress, UInt64($0.count), nil, UInt8(SQLITE_UTF8)))
        }
      }
    case .blob(let bytes): return bytes.withUnsafeBytes { next(bind($0, index)) }
    case .floats(let floats): return floats.withUnsafeBytes { next(bind($0, index)) }
    }
  }

  private func bind(_ bytes: UnsafeRawBufferPointer, _ index: Int32) -> Int32 {
    bytes.isEmpty ? sqlite3_bind_zeroblob(handle, index, 0) : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
  }

  /// Parameters usually come in the statement's own order, so that is looked at first.
  private func index(of name: String, expected: Int) -> Int32? {
    if expected < names.count, names[expected] == name { return Int32(expected + 1) }
    return names.firstIndex(of: name).map { Int32($0 + 1) }
  }

  var parameterNames: [String] { names.filter { !$0.isEmpty } }
}
