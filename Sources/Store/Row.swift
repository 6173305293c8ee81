import Basics
import CSQLite

/// The current row of a running statement, read column by column from the left.
///
/// Bytes that it lends are good until the next row.
struct Row {
  private let statement: OpaquePointer
  private var column: Int32 = 0

  init(_ statement: OpaquePointer) { self.statement = statement }

  private mutating func advance() -> Int32 {
    defer { column += 1 }
    return column
  }

  private mutating func nullable<T>(_ read: (inout Row) -> T) -> T? {
    if sqlite3_column_type(statement, column) == SQLITE_NULL {
      column += 1
      return nil
    }
    return read(&self)
  }

  mutating func int() -> Int64 { sqlite3_column_int64(statement, advance()) }
  mutating func optionalInt() -> Int64? { nullable { $0.int() } }
  mutating func real() -> Double { sqlite3_column_double(statement, advance()) }
  mutating func flag() -> Bool { int() != 0 }
  mutating func instant() -> Instant { Instant(milliseconds: int()) }
  mutating func optionalInstant() -> Instant? { nullable { $0.instant() } }

  /// The bytes of a text or blob in SQLite's memory.
  mutating func bytes() -> UnsafeRawBufferPointer {
    let index = advance()
    let start = sqlite3_column_blob(statement, index)
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, index)))
  }

  mutating func text() -> String { String(decoding: bytes(), as: UTF8.self) }
  mutating func optionalText() -> String? { nullable { $0.text() } }

  mutating func int32s() -> [Int32] {
    let bytes = bytes()
    return (0..<bytes.count / 4).map { Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
  }

  mutating func floats() -> [Float] {
    let bytes = bytes()
    if bytes.isEmpty { return [] }
    return [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 4 * 4)]))
      count = bytes.count / 4
    }
  }

  /// A number or a text that SQLite computed; null also for what JSON has no number for.
  mutating func scalar() -> JSON {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .int(int())
    case SQLITE_FLOAT:
      let value = sqlite3_column_double(statement, advance())
      return value.isFinite ? .double(value) : .null
    case SQLITE_NULL:
      column += 1
      return .null
    default: return .string(text())
    }
  }

  /// JSON that we wrote ourselves; that it cannot be read means damage.
  mutating func json() throws(Problem) -> JSON {
    let place = column
    do throws(Problem) {
      return try JSON(parsing: bytes(), limits: JSONLimits(depth: 256, bytes: .max))
    } catch {
      let name = sqlite3_column_name(statement, place).map { String(cString: $0) } ?? "a column"
      throw Problem(.unavailable, "\(name) is damaged in the store: \(error.message)", hint: SQLiteFault.restore)
    }
  }

  mutating func optionalJSON() throws(Problem) -> JSON? {
    if sqlite3_column_type(statement, column) == SQLITE_NULL {
      column += 1
      return nil
    }
    return try json()
  }

  mutating func object() throws(Problem) -> JSONObject {
    // Most of them are empty.
    var ahead = self
    if ahead.bytes().elementsEqual("{}".utf8) {
      column += 1
      return JSONObject()
    }
    return try json().object ?? JSONObject()
  }
  mutating func strings() throws(Problem) -> [String] { try json().array?.compactMap(\.string) ?? [] }

  /// One of an enumeration's words; another word was written by a newer version.
  mutating func word<Word: RawRepresentable>(_ type: Word.Type = Word.self) throws(Problem) -> Word where Word.RawValue == String {
    let text = text()
    guard let word = Word(rawValue: text) else {
      throw Problem(.unavailable, "the store holds the unknown word '\(text)' for \(Word.self)", hint: "Was it written by a newer version?")
    }
    return word
  }

  /// Every column as it is.
  var values: [Value] {
    (0..<sqlite3_column_count(statement)).map { index in
      switch sqlite3_column_type(statement, index) {
      case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
      case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
      case SQLITE_NULL: return .null
      case let type:
        let start = sqlite3_column_blob(statement, index)
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, index)))
        return type == SQLITE_TEXT ? .text(String(decoding: bytes, as: UTF8.self)) : .blob(Array(bytes))
      }
    }
  }
}
