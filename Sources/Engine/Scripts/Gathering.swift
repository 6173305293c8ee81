import Basics
import Model
import Store

/// The writes of a script that are committed later, and what they already look like to the script itself.
///
/// While an operation is performed with one (`with`), the host's ways to write lead here instead of to its thread, so that a hook may do what
/// the API does, and all of it is committed with the outcome of its run, or nothing.
final class Gathering: @unchecked Sendable {
  // @unchecked: belongs to the one thread that runs the script.
  @TaskLocal static var current: Gathering?

  private(set) var writes: [Write] = []
  /// How many runs led to the one that writes.
  let depth: Int64
  private var bytes = 0
  private var starts = 0
  /// What one run may write. It waits in memory, outside of Lua's own limit, and is committed in one piece.
  private static let limit = 64 << 20
  /// What a write costs that carries next to nothing.
  private static let overhead = 256
  private static let startLimit = 100
  private var kv: [String: JSON?] = [:]
  private var documents: [String: Document?] = [:]
  private var triggers: [Trigger.ID: Trigger] = [:]
  private var collections: [Collection] = []
  private var clusters: [ClusterDefinition] = []
  private var changed: Set<String> = []

  init(depth: Int64 = 0) { self.depth = depth }

  /// Performs something whose writes are gathered; without a gathering they go where they always go.
  static func with<Value>(_ gathering: Gathering?, _ body: () throws(Problem) -> Value) throws(Problem) -> Value {
    let result: Result<Value, Problem> = $current.withValue(gathering) {
      do throws(Problem) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Refuses what is too much to be committed with the outcome.
  func admit(_ body: JSON) throws(Problem) {
    bytes += body.weight + Self.overhead
    guard bytes <= Self.limit else {
      throw Problem(.budget, "the script writes more than \(Self.limit >> 20) MiB", hint: "Write less at once, or do it in a batch script")
    }
  }

  func add(_ write: Write) { writes.append(write) }

  /// Does something whose writes are gathered all or, when it fails, not at all: a script may catch that and go on.
  func whole<Value>(_ body: () throws(Problem) -> Value) throws(Problem) -> Value {
    let before = (writes.count, starts, triggers)
    do throws(Problem) { return try body() } catch {
      writes.removeSubrange(before.0...)
      (starts, triggers) = (before.1, before.2)
      throw error
    }
  }

  /// Lets a task begin when all of this is written.
  func start(_ task: TaskRecord, with transaction: Transaction) throws(Problem) {
    guard depth < HostLoop.deepest else {
      throw Problem(
        .conflict, "\(depth + 1) runs have started one another, and this would start one more",
        hint: "Let it end here: a run that starts itself without a condition never does")
    }
    starts += 1
    guard starts <= Self.startLimit else {
      throw Problem(.budget, "the script starts more than \(Self.startLimit) tasks", hint: "Start the others in the next run, or in a batch script")
    }
    if !transaction.isEmpty { add(.statements(transaction)) }
    add(.start(task))
  }

  // MARK: - What the script has written

  /// Takes over what another script of the same run has written, to read it: that is committed first.
  func see(_ earlier: Gathering) {
    kv = earlier.kv
    documents = earlier.documents
    triggers = earlier.triggers
    collections = earlier.collections
    clusters = earlier.clusters
    changed = earlier.changed
  }

  func noteKV(_ key: String, _ value: JSON?) { kv[key] = .some(value) }
  /// The value this run wrote; nil when it wrote none, `.some(nil)` when it deleted it.
  func knownKV(_ key: String) -> JSON?? { kv[key] }

  func note(_ document: Document?, _ id: String, in collectionID: String) { documents["\(collectionID)/\(id)"] = .some(document) }
  func known(_ id: String, in collectionID: String) -> Document?? { documents["\(collectionID)/\(id)"] }

  func note(_ trigger: Trigger) { triggers[trigger.id] = trigger }
  func trigger(_ id: Trigger.ID, in namespaceID: String) -> Trigger? { triggers[id].flatMap { $0.namespaceID == namespaceID ? $0 : nil } }

  func note(_ collection: Collection) {
    collections.removeAll { $0.id == collection.id }
    collections.append(collection)
  }
  func collection(_ identifier: String, in namespaceID: String) -> Collection? {
    collections.first { $0.namespaceID == namespaceID && ($0.id == identifier || $0.name == identifier) }
  }

  func note(_ cluster: ClusterDefinition) {
    clusters.removeAll { $0.id == cluster.id }
    clusters.append(cluster)
  }
  func cluster(_ identifier: String, in namespaceID: String) -> ClusterDefinition? {
    clusters.first { $0.namespaceID == namespaceID && ($0.id == identifier || $0.name == identifier) }
  }

  /// Things that a script reads as they are stored, not as it left them: they can be changed once.
  func noteChange(of names: [String]) { changed.formUnion(names) }
  func hasChanged(_ name: String) -> Bool { changed.contains(name) }
}

extension JSON {
  /// About as many bytes as its text has, without writing it.
  var weight: Int {
    switch self {
    case .null, .bool, .int, .double: 8
    case .string(let text): text.utf8.count
    case .array(let items): items.reduce(8) { $0 + $1.weight }
    case .object(let object): object.members.reduce(8) { $0 + $1.key.utf8.count + $1.value.weight }
    }
  }
}
