import Basics
import CSQLite

/// What SQLite answered instead of OK: its extended code, its words, and the statement it was about.
struct SQLiteFault: Error {
  var code: Int32
  var message: String
  var statement: String

  init(_ code: Int32, _ handle: OpaquePointer?, _ statement: String) {
    self.code = handle.map(sqlite3_extended_errcode) ?? code
    if self.code & 0xFF != code & 0xFF { self.code = code }
    message = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(code))
    self.statement = statement
  }

  var primary: Int32 { code & 0xFF }

  /// The disk is full, or the file may not grow: `RLIMIT_FSIZE` shows as an I/O error of a write.
  var isFull: Bool { primary == SQLITE_FULL || code == SQLITE_IOERR | (3 << 8) }

  /// The one translation of SQLite's codes, without regard to what was written; `problem(parameters:)` knows more.
  var problem: Problem {
    let details: [String: JSON] = ["sqlite_code": .int(Int(code)), "statement": .string(statement)]
    switch primary {
    case SQLITE_BUSY, SQLITE_LOCKED:
      return Problem(.unavailable, "the store is busy: another process is writing", hint: "Try again in a moment", details: details)
    case _ where isFull:
      return Problem(
        .unavailable, "the store cannot grow: \(message)", hint: "Free some space on its disk, or lift the limit on file sizes; nothing was changed",
        details: details)
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PROTOCOL:
      return Problem(
        .unavailable, "the store cannot be read or written: \(message)", hint: "Look at the disk, its mount and the permissions", details: details)
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      return Problem(
        .unavailable, "the store may not be written: \(message)", hint: "Give this user write permission on the file and its directory", details: details)
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      return Problem(.unavailable, "the store is damaged: \(message)", hint: Self.restore, details: details)
    case SQLITE_NOMEM:
      return Problem(.unavailable, "there is not enough memory for the store", details: details)
    case SQLITE_INTERRUPT:
      return Problem(.cancelled, "the read was stopped", hint: "Ask for less at once, or allow it more time", details: details)
    case SQLITE_TOOBIG:
      return Problem(.tooLarge, "a value is too large for the store", hint: "One value holds at most 1,000,000,000 bytes", details: details)
    default:
      return Problem(.internal, "the store refused '\(statement)': \(message)", details: details)
    }
  }

  static let restore = "Restore a backup, or take what is readable with 'sqlite3 FILE .recover'"

  /// A constraint names the thing that was in the way: its columns come from SQLite's message, its values from the parameters.
  func problem(_ parameters: [(name: String, value: Value)]) -> Problem {
    guard primary == SQLITE_CONSTRAINT else { return problem }
    func value(of name: String) -> Value? { parameters.first { $0.name == name }?.value }
    func shown(_ name: String) -> String {
      switch value(of: name) {
      case .text(let text)?: "\(name) '\(text.count > 60 ? text.prefix(57) + "…" : text[...])'"
      case .integer(let number)?: "\(name) \(number)"
      default: name
      }
    }
    var details: [String: JSON] = ["statement": .string(statement)]
    switch code >> 8 {
    case 6, 8, 10:  // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID: "UNIQUE constraint failed: collections.namespace_id, collections.name"
      let constraint = message.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? message
      let names = constraint.split(separator: ",").map { String($0.split(separator: ".").last ?? $0).filter { $0 != " " } }
      let table = constraint.split(separator: ".").first.map(String.init) ?? "rows"
      // What encloses the thing says little when the thing itself is named too.
      let own = names.filter { names.count == 1 || !["namespace_id", "collection_id", "index_name"].contains($0) }
      details["constraint"] = .string(constraint)
      return Problem(
        .conflict, "\(table) has \(own.map(shown).joined(separator: " and ")) already", hint: "Choose another, or change the one that is there",
        path: own.last, details: details)
    case 3:  // SQLITE_CONSTRAINT_FOREIGNKEY
      let parent = ["cluster_id", "collection_id", "namespace_id"].first { value(of: $0) != nil } ?? "parent"
      return Problem(.notFound, "\(shown(parent)) does not exist", hint: "It may have been deleted meanwhile", path: parent, details: details)
    default:
      details["constraint"] = .string(message)
      return Problem(.internal, "the store refused '\(statement)': \(message)", details: details)
    }
  }
}
