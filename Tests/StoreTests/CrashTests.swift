import Basics
import Glibc
import Model
import Testing

@testable import Store

@Suite("A store whose writer dies", .serialized) struct CrashTests {
  @Test("loses nothing that was acknowledged, and tears no batch, however often it is killed")
  func killed() throws {
    let store = try TemporaryStore()
    try store.fill([])
    store.ledger.close()
    var random = SeededRandom(seed: 5)
    var acknowledged: Int64 = 0
    for _ in 0..<12 {
      let child = try Child(.write, store.path)
      for _ in 0..<(1 + random.next() % 120) { acknowledged = try #require(child.next(), "the child died of itself") }
      child.kill()
      while let last = child.next() { acknowledged = last }
      let ledger = try SQLiteLedger.open(path: store.path, mode: .owner, surroundings: store.clock.surroundings)
      try store.read { reader throws(Problem) in
        let highest = try reader.highestPosition()
        #expect(highest >= acknowledged && highest % ChildWriter.batch == 0)
        #expect(try reader.documentCount("col_1") == highest)
        #expect(try reader.vectors(of: ["col_1"]).count == Int(highest))
        #expect(try reader.integrityCheck() == [])
      }
      store.readers.close()
      ledger.close()
    }
    #expect(acknowledged > 0)
  }

  @Test("reports a full disk, keeps what was acknowledged, and writes on when there is room again")
  func full() throws {
    let store = try TemporaryStore()
    try store.fill([])
    store.ledger.close()
    let child = try Child(.fill, store.path)
    let acknowledged = try #require(child.next(), "the child died of itself")
    let outcome = try #require(child.next())
    let later = try #require(child.next())
    #expect(acknowledged > 0)
    #expect(outcome == 1 || outcome == 2, "failed or unknown, and says that the disk is full")
    #expect(later > acknowledged, "could not write on")
    child.kill()
    let ledger = try SQLiteLedger.open(path: store.path, mode: .owner, surroundings: store.clock.surroundings)
    defer { ledger.close() }
    try store.read { reader throws(Problem) in
      #expect(try reader.highestPosition() == later)
      #expect(try reader.documentCount("col_1") == later)
      #expect(try reader.integrityCheck() == [])
    }
  }
}

/// Not a test: what the tests above run in a process of its own, this binary again with one test selected.
@Suite("The writer of the crash tests", .enabled(if: getenv(Child.Mode.variable) != nil)) struct ChildWriter {
  static let batch: Int64 = 15

  @Test("writes until it is killed")
  func write() throws {
    guard let setting = getenv(Child.Mode.variable).map({ String(cString: $0) }), let mode = Child.Mode(rawValue: String(setting.prefix(1))) else {
      return
    }
    let path = String(setting.dropFirst())
    let surroundings = ManualTime().surroundings
    let ledger = try SQLiteLedger.open(path: path, mode: .owner, surroundings: surroundings)
    var position = try Readers(path: path, count: 1, surroundings: surroundings).read { reader throws(Problem) in try reader.highestPosition() }
    let now = surroundings.now()

    /// Three transactions of five documents; the position of the last.
    func commit() -> (Outcome, Int64) {
      var batch: [Transaction] = []
      var next = position
      for _ in 0..<3 {
        var transaction = Transaction()
        for _ in 0..<5 {
          next += 1
          let document = Document(
            id: "doc_\(next)", collectionID: "col_1", fields: ["text": .string(String(repeating: "x", count: 3000))],
            vectors: ["text": [Float(next), 0]], createdAt: now, updatedAt: now)
          transaction.insert(document, in: "ns_1", position: next)
        }
        transaction.adjustDocumentCount("col_1", by: 5)
        batch.append(transaction)
      }
      let outcomes = ledger.commit(batch)
      return (outcomes.first { !$0.isCommitted } ?? outcomes[0], next)
    }

    if mode == .write {
      while true {
        let (outcome, last) = commit()
        guard outcome.isCommitted else { throw Problem(.internal, "\(outcome)") }
        position = last
        Child.tell(position)
      }
    }
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let before = limit.rlim_cur
    limit.rlim_cur = rlim_t(StoreFile.size(path) + 1_000_000)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    while true {
      let (outcome, last) = commit()
      if outcome.isCommitted {
        position = last
        continue
      }
      Child.tell(position)
      switch outcome {
      case .failed(let problem) where problem.message.hasPrefix("the store cannot grow"): Child.tell(1)
      case .unknown(let problem) where problem.message.hasPrefix("the store cannot grow"): Child.tell(2)
      default: Child.tell(3)
      }
      break
    }
    limit.rlim_cur = before
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let (outcome, last) = commit()
    Child.tell(outcome.isCommitted ? last : 0)
    while true { pause() }
  }
}

/// A process of this test binary, and the numbers that it tells.
private final class Child {
  enum Mode: String {
    case write = "w"
    case fill = "f"
    static let variable = "PERIGEE_STORE_TEST_CHILD"
  }

  private var process: pid_t = 0
  private var input: Int32 = -1

  init(_ mode: Mode, _ path: String) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Problem(.internal, "no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 63)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    defer { posix_spawn_file_actions_destroy(&actions) }
    let words = ["/proc/self/exe", "--testing-library", "swift-testing", "--filter", "StoreTests.ChildWriter"]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = []
    var next = environ
    while let variable = next.pointee {
      variables.append(strdup(variable))
      next += 1
    }
    variables += [strdup("\(Mode.variable)=\(mode.rawValue)\(path)"), nil]
    defer { for text in arguments + variables { free(text) } }
    let code = posix_spawn(&process, "/proc/self/exe", &actions, nil, &arguments, &variables)
    close(ends[1])
    input = ends[0]
    guard code == 0 else { throw Problem(.internal, "no child: \(code)") }
  }

  deinit {
    kill()
    close(input)
  }

  static func tell(_ number: Int64) {
    var number = number
    _ = Glibc.write(63, &number, 8)
  }

  /// The next number; nil when the child is gone.
  func next() -> Int64? {
    var number: Int64 = 0
    return read(input, &number, 8) == 8 ? number : nil
  }

  func kill() {
    guard process > 0 else { return }
    Glibc.kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    process = 0
  }
}
