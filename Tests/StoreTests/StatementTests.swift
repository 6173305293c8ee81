import Basics
import Testing

@testable import Store

@Suite("Statements") struct StatementTests {
  /// Words and signs that SQLite and PostgreSQL do not share, or that would let the store decide what time it is.
  static let foreign = [
    "insert or", "replace into", "without rowid", "strict", "pragma", "begin", "last_insert_rowid", "rowid", "autoincrement", "glob", "nocase",
    "json_", "->>", "unixepoch", "julianday", "strftime", "datetime", "current_timestamp", "current_time", "current_date", "now()", "ifnull",
    "iif(", "instr(", "printf", "skip locked", "for update", "regexp", "::", "==", "randomblob", "random()", "ilike", "full join",
  ]

  @Test("keep to the words that the dialects share")
  func words() {
    for statement in Statement.allCases {
      let text = statement.sql.lowercased()
      for word in Self.foreign { #expect(!contains(text, word), "\(statement) says '\(word)'") }
    }
  }

  @Test("compile against the schema, and use every parameter by name")
  func compile() throws {
    let store = try TemporaryStore()
    let connection = try Connection(path: store.path, .write)
    for statement in Statement.allCases {
      let names = try connection.prepared(statement).parameterNames
      #expect(names.allSatisfy { !$0.isEmpty && !$0.first!.isNumber }, "\(statement)")
    }
  }

  @Test("order every list completely: NULLs have a place, and ties are broken by a key")
  func orders() {
    for statement in Statement.allCases {
      guard let end = range(of: "LIMIT $limit OFFSET", in: statement.sql), let start = range(of: "ORDER BY", in: statement.sql) else { continue }
      #expect(contains(statement.sql[start..<end], "_id"), "\(statement)")
    }
  }

  @Test("never take one text for two names") func distinct() { #expect(Set(Statement.allCases.map(\.sql)).count == Statement.allCases.count) }

  private func range(of part: String, in text: String) -> String.Index? {
    text.indices.first { text[$0...].hasPrefix(part) }
  }
  private func contains(_ text: some StringProtocol, _ part: String) -> Bool { text.indices.contains { text[$0...].hasPrefix(part) } }
}
