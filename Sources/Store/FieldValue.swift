import CSQLite

/// A field's value in the order that lists are sorted by: `DocumentOrder` says it in plain code, `sql` for SQLite.
///
/// Triggers and views call it as `field_value(body, path)`, on every connection that writes.
final class FieldValue {
  /// What has no place of its own; after everything else.
  static let none = "x'FF'"

  static func sql(body: String, path: String) -> String {
    """
    CASE json_type(\(body), \(path)) WHEN 'text' THEN json_extract(\(body), \(path)) WHEN 'integer' THEN json_extract(\(body), \(path)) \
    WHEN 'real' THEN json_extract(\(body), \(path)) WHEN 'true' THEN x'01' WHEN 'false' THEN x'00' ELSE \(none) END
    """
  }

  private let connection: OpaquePointer
  private var statement: OpaquePointer?

  /// Registers the function; the connection keeps this alive, and closes it before itself.
  init(on connection: OpaquePointer) {
    self.connection = connection
    sqlite3_create_function_v2(
      connection, "field_value", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, Unmanaged.passUnretained(self).toOpaque(),
      { context, _, arguments in
        guard let own = sqlite3_user_data(context) else { return sqlite3_result_null(context) }
        Unmanaged<FieldValue>.fromOpaque(own).takeUnretainedValue().answer(context, arguments?[0], arguments?[1])
      }, nil, nil, nil)
  }

  /// Asks SQLite itself, so that the value is the very one that queries extract.
  private func answer(_ context: OpaquePointer?, _ body: OpaquePointer?, _ path: OpaquePointer?) {
    if statement == nil {
      sqlite3_prepare_v3(
        connection, "SELECT " + Self.sql(body: "?1", path: "?2"), -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    }
    guard let statement else { return sqlite3_result_error_code(context, SQLITE_NOMEM) }
    sqlite3_bind_value(statement, 1, body)
    sqlite3_bind_value(statement, 2, path)
    let code = sqlite3_step(statement)
    if code == SQLITE_ROW { sqlite3_result_value(context, sqlite3_column_value(statement, 0)) } else { sqlite3_result_error_code(context, code) }
    sqlite3_reset(statement)
    sqlite3_clear_bindings(statement)
  }

  /// Lets go of the statement: a connection with one open would not close.
  func close() {
    sqlite3_finalize(statement)
    statement = nil
  }
}
