import Basics
import Glibc
import Model
import Testing

@testable import Store

@Suite("Opening a store") struct OpeningTests {
  private let surroundings = ManualTime().surroundings

  /// Runs with a path in a directory of its own.
  private func withPath<T>(_ body: (String) throws -> T) throws -> T {
    let directory = try temporaryDirectory()
    defer { removeDirectory(directory) }
    return try body(directory + "/store.db")
  }

  private func refusal(_ path: String, _ mode: SQLiteLedger.Mode = .owner) -> Problem? {
    do throws(Problem) {
      try SQLiteLedger.open(path: path, mode: mode, surroundings: surroundings).close()
      return nil
    } catch { return error }
  }

  private func write(_ bytes: [UInt8], to path: String) {
    let file = fopen(path, "w")
    _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
  }

  @Test("makes it readable by its user alone, keeps it across closings, and needs no log afterwards")
  func creation() throws {
    try withPath { path in
      #expect(refusal(path) == nil)
      var status = stat()
      stat(path, &status)
      #expect(status.st_mode & 0o777 == 0o600)
      stat(path + ".lock", &status)
      #expect(status.st_mode & 0o777 == 0o600)
      #expect(StoreFile.size(path + "-wal") == 0)
      #expect(refusal(path) == nil)
    }
  }

  @Test("finishes what a process began that was killed before the first table")
  func unfinished() throws {
    try withPath { path in
      do { try Connection(path: path, .write).execute("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL") }
      #expect(StoreFile.size(path) == 8192)
      #expect(refusal(path) == nil)
      #expect(refusal(path) == nil)
    }
  }

  @Test("refuses a second owner and names the first; the lock goes with the owner")
  func owners() throws {
    try withPath { path in
      #expect(SQLiteLedger.owner(of: path) == nil)
      let first = try SQLiteLedger.open(path: path, mode: .owner, surroundings: surroundings)
      #expect(SQLiteLedger.owner(of: path) == [:])
      try first.describe(["pid": 4711, "url": "http://127.0.0.1:8080", "token": "a much longer text that will be replaced by a shorter one"])
      try first.describe(["pid": 4711, "url": "http://127.0.0.1:8080", "token": "t"])
      let problem = refusal(path)
      #expect(problem?.kind == .conflict)
      #expect(problem?.message.hasSuffix("is open in another perigee (pid 4711, http://127.0.0.1:8080)") == true)
      #expect(problem?.hint == "Give another --store, or use the running server at http://127.0.0.1:8080")
      #expect(SQLiteLedger.owner(of: path)?["token"] == "t")
      #expect(refusal(path, .beside) == nil)
      first.close()
      #expect(SQLiteLedger.owner(of: path) == nil)
      let second = try SQLiteLedger.open(path: path, mode: .owner, surroundings: surroundings)
      #expect(SQLiteLedger.owner(of: path) == [:], "what the last owner said is about nobody now")
      second.close()
    }
  }

  @Test("refuses files that are something else, and leaves them as they were")
  func foreign() throws {
    try withPath { path in
      write(Array("Dear diary, this is not a database but a text that is longer than a hundred bytes, as such texts may well be.".utf8), to: path)
      #expect(refusal(path)?.kind == .malformed)
      write(Array("short".utf8), to: path)
      #expect(refusal(path)?.kind == .malformed)
      unlink(path)
      do {
        let other = try Connection(path: path, .write)
        try other.execute("CREATE TABLE cats (name); PRAGMA application_id = 99")
      }
      let size = StoreFile.size(path)
      let problem = refusal(path)
      #expect(problem?.kind == .conflict)
      #expect(problem?.message.hasSuffix("is a SQLite file of another application (application_id 99)") == true)
      #expect(StoreFile.size(path) == size && StoreFile.size(path + "-wal") == 0)
    }
  }

  @Test("refuses a store of a newer version")
  func newer() throws {
    try withPath { path in
      #expect(refusal(path) == nil)
      do { try Connection(path: path, .write).execute("PRAGMA user_version = 999") }
      let problem = refusal(path)
      #expect(problem?.kind == .unsupported)
      #expect(problem?.details["schema_version"] == 999)
    }
  }

  @Test("refuses a file that has lost its end, and says how much")
  func truncated() throws {
    try withPath { path in
      #expect(refusal(path) == nil)
      let size = StoreFile.size(path)
      truncate(path, off_t(size - 8192))
      let problem = refusal(path)
      #expect(problem?.kind == .unavailable)
      #expect(problem?.message.hasSuffix("is truncated: \(size - 8192) bytes are left of \(size)") == true)
      #expect(problem?.hint?.contains("backup") == true)
    }
  }

  @Test("answers damage inside with a Problem, from the first page to the last")
  func damaged() throws {
    try withPath { path in
      #expect(refusal(path) == nil)
      let size = StoreFile.size(path)
      // Pages that nothing stands on have nothing to lose.
      var free = try Connection(path: path, .read).number(composed: "PRAGMA freelist_count")
      for page in stride(from: 0, to: size, by: 8192) {
        let start = max(page, 100)  // the header itself is looked at elsewhere
        let copy = path + "2"
        let file = fopen(path, "r")
        var bytes = [UInt8](repeating: 0, count: size)
        _ = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, size, file) }
        fclose(file)
        for i in start..<min(size, start + 4000) { bytes[i] = 0xA5 }
        write(bytes, to: copy)
        // Opening may still succeed when the page is not looked at; then the check has to find it.
        if let problem = refusal(copy) {
          #expect(problem.kind == .unavailable, "\(problem)")
        } else {
          let readers = Readers(path: copy, count: 1, surroundings: surroundings)
          let faults = (try? readers.read { reader throws(Problem) in try reader.integrityCheck() }) ?? ["unreadable"]
          if faults.isEmpty { free -= 1 }
          #expect(free >= 0, "damage at \(start) was not found")
        }
        for suffix in ["", "-wal", "-shm", ".lock"] { unlink(copy + suffix) }
      }
    }
  }

  @Test("says in words what is wrong with the path")
  func paths() throws {
    try withPath { path in
      #expect(refusal(path + "/below/store.db")?.message.hasPrefix("the directory") == true)
      #expect(refusal(String(path.dropLast("/store.db".count)))?.message.hasSuffix("is a directory") == true)
      #expect(refusal("/dev/null")?.message == "/dev/null is not a regular file")
      let missing = Readers(path: path, count: 1, surroundings: surroundings)
      let problem = #expect(throws: Problem.self) { try missing.read { _ in } }
      #expect(problem?.kind == .notFound)
      // Root may do everything, so permissions are looked at in their translation.
      #expect(StoreFile.problem(EACCES, path).message == "no permission to use \(path)")
    }
  }

  @Test("copies the store before a later migration, and undoes a migration that fails")
  func migrations() throws {
    try withPath { path in
      #expect(refusal(path) == nil)
      let now = surroundings.now()
      let known = Migration.all[Migration.all.count - 1].version
      let later = Migration.all + [Migration(version: known + 1, sql: "ALTER TABLE kv ADD COLUMN note TEXT; CREATE TABLE extra (x TEXT) STRICT")]
      let broken = later + [Migration(version: known + 2, sql: "CREATE TABLE half (x TEXT) STRICT; CREATE TABLE extra (x TEXT) STRICT")]
      do {
        let connection = try Connection(path: path, .write)
        #expect(throws: Problem.self) { try Migration.run(broken, on: connection, path: path, now: now) }
        #expect(try Migration.version(of: connection) == known + 1)
        #expect(try connection.number(composed: "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0)
        #expect(try Migration.run(later, on: connection, path: path, now: now) == known + 1)
        #expect(try connection.number(composed: "SELECT count(*) FROM schema_migrations") == Int64(Migration.all.count) + 1)
      }
      #expect(refusal(path)?.kind == .unsupported, "this build does not know the next version")
      #expect(refusal(path + ".v\(known).backup") == nil, "the copy is a store of this version")
    }
  }

  @Test("backs up while it is written, to a new name only")
  func backup() throws {
    let store = try TemporaryStore()
    try store.fill([["n": 1]], vectors: true)
    try store.readers.backup(to: store.path + ".copy")
    let problem = #expect(throws: Problem.self) { try store.readers.backup(to: store.path + ".copy") }
    #expect(problem?.kind == .conflict)
    let copy = Readers(path: store.path + ".copy", count: 1, surroundings: surroundings)
    let document = try copy.read { reader throws(Problem) in try reader.document("doc_0", in: "ns_1") }
    #expect(document?.fields == ["n": 1])
    #expect(try copy.read { reader throws(Problem) in try reader.integrityCheck() } == [])
  }
}
