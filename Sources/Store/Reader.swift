package import Basics
import Model

/// What can be asked of the store, on one snapshot: questions about each kind of thing stand beside that kind's writes.
///
/// Lent by `Readers.read` for the length of its closure; do not keep it.
package struct Reader {
  let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  /// What SQLite finds wrong in the file, at most 20 lines; empty when all is well. Reads everything.
  package func integrityCheck() throws(Problem) -> [String] {
    let faults = try connection.rows(composed: "PRAGMA integrity_check(20)", []) { $0.text() }.filter { $0 != "ok" }
    let orphans = try connection.rows(composed: "PRAGMA foreign_key_check", []) { row in
      "a row of \(row.text()) refers to nothing"
    }
    return faults + orphans.prefix(20 - min(20, faults.count))
  }

  /// Leaves the snapshot for one of the store as it is now. Not while rows of a question are still being read.
  package func renew() throws(Problem) {
    try translating { () throws(SQLiteFault) in
      try connection.control(.commit)
      try connection.control(.read)
    }
  }

  package func schemaVersion() throws(Problem) -> Int64 { try Migration.version(of: connection) }
}

extension Page {
  var parameters: [(name: String, value: Value)] { [("limit", .integer(Int64(limit))), ("offset", .integer(Int64(offset)))] }
}
