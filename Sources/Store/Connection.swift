import Basics
import CSQLite

/// One SQLite connection with its compiled statements. One thread at a time uses it; who owns it sees to that.
final class Connection {
  let handle: OpaquePointer
  private var statements = [Prepared?](repeating: nil, count: Statement.allCases.count)
  /// Statements composed from fixed pieces (filters, sort orders), newest last.
  private var composed: [(sql: String, prepared: Prepared)] = []
  private var controls = [Prepared?](repeating: nil, count: Control.allCases.count)
  private let fieldValue: FieldValue
  /// For the parameters of what is read.
  private var lists = StatementTape()
  /// What was read here and still holds.
  let memory = ReadMemory()

  enum Access { case write, read }

  /// Once for the process, before SQLite is used at all.
  private static let begun: Void = csqlite_begin()

  /// Opens the file, which has to exist for reading.
  init(path: String, _ access: Access) throws(SQLiteFault) {
    Self.begun
    // One thread at a time: SQLite's own mutex would only cost.
    let flags = SQLITE_OPEN_NOMUTEX | (access == .write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY)
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let fault = SQLiteFault(code, opened, "open")
      sqlite3_close_v2(opened)
      throw fault
    }
    handle = opened
    sqlite3_extended_result_codes(opened, 1)
    guard csqlite_defend(opened) == SQLITE_OK else { throw SQLiteFault(sqlite3_errcode(opened), opened, "defend") }
    TextFolding.register(on: opened)
    TextLooking.register(on: opened)
    fieldValue = FieldValue(on: opened)
  }

  deinit {
    statements = []
    composed = []
    controls = []
    fieldValue.close()
    sqlite3_close_v2(handle)
  }

  /// What begins and ends transactions; SQLite's own words, so not among the statements.
  enum Control: Int, CaseIterable {
    case read, write, commit, rollback, savepoint, undo, release, version

    fileprivate var sql: String {
      switch self {
      case .read: "BEGIN"
      case .write: "BEGIN IMMEDIATE"
      case .commit: "COMMIT"
      case .rollback: "ROLLBACK"
      case .savepoint: "SAVEPOINT one"
      case .undo: "ROLLBACK TO one"
      case .release: "RELEASE one"
      case .version: "PRAGMA data_version"
      }
    }
  }

  func control(_ control: Control) throws(SQLiteFault) {
    memory.leaveSnapshot()
    try run(prepared(control), .none) { _ in true }
  }

  /// Another number for each snapshot before which somebody else has committed; begins to read, if that has not been done.
  func dataVersion() throws(SQLiteFault) -> Int64 {
    var version: Int64 = 0
    try run(prepared(.version), .none) { row in
      version = row.int()
      return false
    }
    return version
  }

  private func prepared(_ control: Control) throws(SQLiteFault) -> Prepared {
    if let known = controls[control.rawValue] { return known }
    let fresh = try Prepared(control.sql, name: control.sql, on: handle)
    controls[control.rawValue] = fresh
    return fresh
  }

  /// Runs one or more statements without parameters.
  func execute(_ sql: String) throws(SQLiteFault) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw SQLiteFault(code, handle, String(sql.prefix(60))) }
  }

  func prepared(_ statement: Statement) throws(SQLiteFault) -> Prepared {
    if let known = statements[statement.rawValue] { return known }
    let fresh = try Prepared(statement.sql, name: statement.name, on: handle)
    statements[statement.rawValue] = fresh
    return fresh
  }

  /// A statement composed from pieces; the last 32 are kept compiled.
  func prepared(composed sql: String) throws(SQLiteFault) -> Prepared {
    if let index = composed.lastIndex(where: { $0.sql == sql }) {
      let entry = composed.remove(at: index)
      composed.append(entry)
      return entry.prepared
    }
    let fresh = try Prepared(sql, name: "composed query", on: handle)
    if sql.utf8.count > 16384 { return fresh }  // a filter with a long list of values will hardly come again
    if composed.count >= 32 { composed.removeFirst() }
    composed.append((sql, fresh))
    return fresh
  }

  /// Steps through a statement; `each` sees every row and says whether to go on.
  func run(_ prepared: Prepared, _ parameters: [(name: String, value: Value)], each: (inout Row) -> Bool) throws(SQLiteFault) {
    // The memory of the last one is taken again, unless that goes on still: `each` may read on this connection, too.
    var tape = StatementTape()
    swap(&tape, &lists)
    tape.begin(nil)
    tape.put(parameters)
    defer {
      tape.removeAll()
      swap(&tape, &lists)
    }
    try tape.walk { _, parameters throws(SQLiteFault) in try run(prepared, parameters, each: each) }
  }

  func run(_ prepared: Prepared, _ parameters: StatementTape.Parameters, each: (inout Row) -> Bool) throws(SQLiteFault) {
    let handle = handle
    let result: Result<Void, SQLiteFault> = prepared.bound(parameters) {
      while true {
        switch sqlite3_step(prepared.handle) {
        case SQLITE_ROW:
          var row = Row(prepared.handle)
          if !each(&row) { return .success(()) }
        case SQLITE_DONE: return .success(())
        case let code: return .failure(SQLiteFault(code, handle, prepared.name))
        }
      }
    } failed: { code in
      .failure(SQLiteFault(code, nil, prepared.name))
    }
    try result.get()
  }

  /// The rows that the last statement inserted, changed or deleted.
  var changes: Int64 { sqlite3_changes64(handle) }

  /// False once SQLite has rolled back everything of its own accord, as it may when the disk is full.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}

// MARK: - Reading typed rows

extension Connection {
  typealias Parameters = [(name: String, value: Value)]

  /// Goes through the rows until `each` says false or throws.
  func forEach(_ prepared: Prepared, _ parameters: Parameters, _ each: (inout Row) throws(Problem) -> Bool) throws(Problem) {
    var stopped: Problem?
    do throws(SQLiteFault) {
      try run(prepared, parameters) { row in
        do throws(Problem) {
          return try each(&row)
        } catch {
          stopped = error
          return false
        }
      }
    } catch { throw error.problem }
    if let stopped { throw stopped }
  }

  func rows<T>(_ statement: Statement, _ parameters: Parameters, _ read: (inout Row) throws(Problem) -> T) throws(Problem) -> [T] {
    try rows(translating { () throws(SQLiteFault) in try prepared(statement) }, parameters, read)
  }

  func rows<T>(composed sql: String, _ parameters: Parameters, _ read: (inout Row) throws(Problem) -> T) throws(Problem) -> [T] {
    try rows(translating { () throws(SQLiteFault) in try prepared(composed: sql) }, parameters, read)
  }

  private func rows<T>(_ prepared: Prepared, _ parameters: Parameters, _ read: (inout Row) throws(Problem) -> T) throws(Problem) -> [T] {
    var result: [T] = []
    try forEach(prepared, parameters) { row throws(Problem) in
      result.append(try read(&row))
      return true
    }
    return result
  }

  func first<T>(_ statement: Statement, _ parameters: Parameters, _ read: (inout Row) throws(Problem) -> T) throws(Problem) -> T? {
    var result: T?
    try forEach(translating { () throws(SQLiteFault) in try prepared(statement) }, parameters) { row throws(Problem) in
      result = try read(&row)
      return false
    }
    return result
  }

  /// The number in the first column of the first row; 0 when there is none.
  func number(_ statement: Statement, _ parameters: Parameters) throws(Problem) -> Int64 {
    try first(statement, parameters) { $0.int() } ?? 0
  }

  func number(composed sql: String, _ parameters: Parameters = []) throws(Problem) -> Int64 {
    try rows(composed: sql, parameters) { $0.int() }.first ?? 0
  }
}

/// Runs what throws SQLite's words and puts them into ours.
func translating<T>(_ body: () throws(SQLiteFault) -> T) throws(Problem) -> T {
  do throws(SQLiteFault) { return try body() } catch { throw error.problem }
}
