import Basics
import Glibc
import Model
import Synchronization

@testable import Store

/// A store in a directory of its own that goes away with it, at a moment that tests move by hand.
final class TemporaryStore {
  let directory: String
  let clock = ManualTime()
  private(set) var ledger: SQLiteLedger
  let readers: Readers
  var path: String { directory + "/store.db" }

  init() throws {
    directory = try temporaryDirectory()
    ledger = try SQLiteLedger.open(path: directory + "/store.db", mode: .owner, surroundings: clock.surroundings)
    readers = Readers(path: directory + "/store.db", count: 2, surroundings: clock.surroundings)
  }

  deinit {
    readers.close()
    ledger.close()
    removeDirectory(directory)
  }

  /// Commits what `build` adds, and fails the test when it is not committed.
  @discardableResult
  func commit(_ build: (inout Transaction) -> Void) throws -> [[Value]] {
    var transaction = Transaction()
    build(&transaction)
    switch ledger.commit(transaction) {
    case .committed(let returned): return returned
    case .lost(let name): throw Problem(.internal, "lost: \(name)")
    case .failed(let problem), .unknown(let problem): throw problem
    }
  }

  func outcome(_ build: (inout Transaction) -> Void) -> Outcome {
    var transaction = Transaction()
    build(&transaction)
    return ledger.commit(transaction)
  }

  func read<T>(_ body: (Reader) throws(Problem) -> T) throws(Problem) -> T { try readers.read(body) }

  /// A namespace, a collection with an index `text` of two dimensions, and documents with these fields.
  func fill(_ documents: [JSONObject], vectors: Bool = false) throws {
    try commit { transaction in
      transaction.insert(Namespace(id: "ns_1", name: "one", createdAt: clock.now, updatedAt: clock.now))
      transaction.insert(collection("col_1"))
      for (index, fields) in documents.enumerated() {
        let vector: [String: [Float]] = vectors ? ["text": [Float(index), 1]] : [:]
        transaction.insert(document("doc_\(index)", fields, vectors: vector), in: "ns_1", position: Int64(index + 1))
      }
      transaction.adjustDocumentCount("col_1", by: Int64(documents.count))
    }
  }

  func collection(_ id: String) -> Collection {
    Collection(
      id: id, namespaceID: "ns_1", name: "named \(id)", vectorIndexes: [VectorIndex(name: "text", dimensions: 2, metric: .cosine)],
      createdAt: clock.now, updatedAt: clock.now)
  }

  func document(_ id: String, _ fields: JSONObject = [:], in collection: String = "col_1", vectors: [String: [Float]] = [:]) -> Document {
    Document(id: id, collectionID: collection, fields: fields, vectors: vectors, createdAt: clock.now, updatedAt: clock.now)
  }
}

/// Wall and monotonic time that stand still until they are moved.
final class ManualTime: Sendable {
  private let milliseconds = Mutex<Int64>(1_704_067_200_000)  // 2024-01-01T00:00:00Z

  var now: Instant { Instant(milliseconds: milliseconds.withLock { $0 }) }
  func advance(_ duration: Duration) { milliseconds.withLock { $0 += duration.inMilliseconds } }

  var surroundings: Surroundings {
    let random = LockedRandom(SeededRandom(seed: 7))
    return Surroundings(
      now: { self.now }, ticks: { Ticks(nanoseconds: UInt64(self.now.milliseconds) * 1_000_000) }, random: { random.next() })
  }
}

private final class LockedRandom: Sendable {
  private let generator: Mutex<SeededRandom>
  init(_ generator: SeededRandom) { self.generator = Mutex(generator) }
  func next() -> UInt64 { generator.withLock { $0.next() } }
}

func temporaryDirectory() throws -> String {
  var template = Array("/tmp/perigee-store-XXXXXX".utf8CString)
  guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) != nil else {
    throw Problem(.internal, "no temporary directory")
  }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Removes a directory and the files in it.
func removeDirectory(_ path: String) {
  guard let handle = opendir(path) else { return }
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
    if name != "." && name != ".." { unlink(path + "/" + name) }
  }
  closedir(handle)
  rmdir(path)
}
