import Basics
import CSQLite
import Model

/// `looks(text, operator, wanted, exact)` and `share_of(identifier, count)` in SQL, on every connection: what filters ask that SQLite has no words for.
enum TextLooking {
  /// What was read of an operator and its pattern, kept by SQLite for the statement's other rows.
  private final class Kept {
    let look: TextLook

    init(_ look: TextLook) { self.look = look }
  }

  static func register(on connection: OpaquePointer) {
    sqlite3_create_function_v2(
      connection, "looks", 4, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nil,
      { context, _, arguments in
        guard let arguments, let text = TextLooking.text(arguments[0]), let kept = TextLooking.kept(context, arguments) else {
          return sqlite3_result_int(context, 0)
        }
        sqlite3_result_int(context, kept.look.finds(in: text, isExact: sqlite3_value_int(arguments[3]) != 0) ? 1 : 0)
      }, nil, nil, nil)
    sqlite3_create_function_v2(
      connection, "share_of", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nil,
      { context, _, arguments in
        guard let arguments, let text = sqlite3_value_text(arguments[0]) else { return sqlite3_result_null(context) }
        let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(arguments[0])))
        sqlite3_result_int64(context, Filter.share(of: bytes, among: sqlite3_value_int64(arguments[1])))
      }, nil, nil, nil)
  }

  private static func text(_ value: OpaquePointer?) -> String? {
    guard let bytes = sqlite3_value_text(value) else { return nil }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(value))), as: UTF8.self)
  }

  /// SQLite lets go of it when the pattern changes or the statement ends; https://www.sqlite.org/c3ref/get_auxdata.html
  private static func kept(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>) -> Kept? {
    if let known = sqlite3_get_auxdata(context, 2) { return Unmanaged<Kept>.fromOpaque(known).takeUnretainedValue() }
    guard let name = text(arguments[1]), let comparison = Filter.Comparison(rawValue: name), let wanted = text(arguments[2]),
      let look = try? TextLook(comparison, wanted, isExact: sqlite3_value_int(arguments[3]) != 0)
    else { return nil }
    let made = Kept(look)
    sqlite3_set_auxdata(context, 2, Unmanaged.passRetained(made).toOpaque()) { pointer in
      if let pointer { Unmanaged<Kept>.fromOpaque(pointer).release() }
    }
    return made
  }
}
