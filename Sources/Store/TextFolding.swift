import CSQLite
import Model

/// `fold(text)` in SQL, on every connection: the filters' own way of ignoring case. SQLite's `lower` knows ASCII only.
enum TextFolding {
  static func register(on connection: OpaquePointer) {
    sqlite3_create_function_v2(
      connection, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nil,
      { context, _, arguments in
        guard let argument = arguments?[0], let text = sqlite3_value_text(argument) else { return sqlite3_result_null(context) }
        let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(argument)))
        var folded = Filter.fold(String(decoding: bytes, as: UTF8.self))
        folded.withUTF8 { bytes in
          bytes.withMemoryRebound(to: CChar.self) {
            // -1 is SQLITE_TRANSIENT: SQLite takes a copy.
            sqlite3_result_text64(
              context, $0.baseAddress, UInt64($0.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self), UInt8(SQLITE_UTF8))
          }
        }
      }, nil, nil, nil)
  }
}
