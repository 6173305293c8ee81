import Basics
import Model

/// Which of the tasks that are ready run now: those of a higher priority first and then the older, as many at once as there are threads for
/// their kind, and of one namespace no more than it allows.
///
/// A start is written before a worker gets the task. While runs are short, many are started ahead in one transaction, so that no worker waits
/// for the disk between two of them; when runs are long, only as many as there are threads, so that what is called running does run.
struct Admission {
  /// Heavy actions and scripts have threads of their own, and neither waits for the other.
  enum Lane: Int, CaseIterable {
    case scripts, heavy
    init(_ kind: TaskRecord.Kind) { self = kind == .script ? .scripts : .heavy }
  }

  /// Tasks of one namespace and priority, in their order.
  private struct Queue {
    private var items: [(order: UInt64, task: TaskRecord)] = []
    private var head = 0
    var first: UInt64? { head < items.count ? items[head].order : nil }

    mutating func append(_ task: TaskRecord, _ order: UInt64) { items.append((order, task)) }

    mutating func take() -> TaskRecord? {
      guard head < items.count else { return nil }
      let task = items[head].task
      head += 1
      // What was taken is let go in pieces, so that a long queue costs nothing per task.
      if head > 64, head * 2 > items.count {
        items.removeFirst(head)
        head = 0
      }
      return task
    }
  }

  private struct Key: Hashable {
    var lane: Lane
    var priority: Int64
    var namespaceID: String
  }

  private struct Traffic {
    /// How many tasks run at once.
    let threads: Int
    /// How many have been admitted and have not left.
    var running = 0
    /// How long a run takes, in seconds: a running mean of the last eight or so; nil before the first has ended.
    var usual: Double?

    var window: Int { max(threads, min(Admission.most, Int(Double(threads) * Admission.ahead / max(usual ?? Admission.ahead, 1e-6)))) }
  }

  /// By the lane's number.
  private var traffic: [Traffic]
  /// How many tasks of a namespace run at once, where it says so.
  private var limits: [String: Int] = [:]
  private var queues: [Key: Queue] = [:]
  private var inNamespace: [String: Int] = [:]
  private var count: UInt64 = 0

  /// The runs that are started ahead take about so many seconds on all threads together.
  private static let ahead = 0.05
  private static let most = 2048

  init(threads: [Lane: Int]) { traffic = Lane.allCases.map { Traffic(threads: threads[$0, default: 1]) } }

  mutating func limit(_ namespaceID: String, to limit: Int?) { limits[namespaceID] = limit }

  /// A task is ready.
  mutating func offer(_ task: TaskRecord, priority: Int64) {
    count += 1
    queues[Key(lane: Lane(task.kind), priority: priority, namespaceID: task.namespaceID), default: Queue()].append(task, count)
  }

  /// Admits a task that is ready, if there is room and nothing of its lane waits that could take it; then its claim is its start.
  mutating func admit(_ task: TaskRecord) -> Bool {
    let lane = Lane(task.kind)
    guard room(in: lane) > 0, hasRoom(task.namespaceID), best(in: lane) == nil else { return false }
    enter(task, lane)
    return true
  }

  /// Whether the runs of a lane are so short, as far as is known, that there is room again at once.
  func isQuick(_ lane: Lane) -> Bool { traffic[lane.rawValue].usual.map { $0 < Self.ahead / 2 } ?? true }

  /// How many more tasks of a lane may start now.
  func room(in lane: Lane) -> Int { max(0, traffic[lane.rawValue].window - traffic[lane.rawValue].running) }

  private mutating func enter(_ task: TaskRecord, _ lane: Lane) {
    traffic[lane.rawValue].running += 1
    inNamespace[task.namespaceID, default: 0] += 1
  }

  /// A worker was busy for so long with a task.
  mutating func ran(for duration: Duration, _ kind: TaskRecord.Kind) {
    let lane = Lane(kind).rawValue
    let known = traffic[lane].usual ?? Self.ahead
    traffic[lane].usual = known + (duration.inSeconds - known) / 8
  }

  /// A task that was admitted does not run any more. To be said once for each that was.
  mutating func leave(_ task: TaskRecord) {
    traffic[Lane(task.kind).rawValue].running -= 1
    guard let count = inNamespace[task.namespaceID] else { return }
    inNamespace[task.namespaceID] = count == 1 ? nil : count - 1
  }

  /// Whether `next` has a task to give.
  var isReady: Bool { Lane.allCases.contains { room(in: $0) > 0 && best(in: $0) != nil } }

  /// The next task that may run; nil when none may.
  mutating func next() -> TaskRecord? {
    for lane in Lane.allCases where room(in: lane) > 0 {
      guard let key = best(in: lane), let task = queues[key]?.take() else { continue }
      if queues[key]?.first == nil { queues[key] = nil }
      enter(task, lane)
      return task
    }
    return nil
  }

  private func best(in lane: Lane) -> Key? {
    var best: (key: Key, first: UInt64)?
    for (key, queue) in queues where key.lane == lane && hasRoom(key.namespaceID) {
      guard let first = queue.first else { continue }
      if let known = best, (known.key.priority, first) > (key.priority, known.first) { continue }
      best = (key, first)
    }
    return best?.key
  }

  private func hasRoom(_ namespaceID: String) -> Bool { limits[namespaceID].map { inNamespace[namespaceID, default: 0] < $0 } ?? true }
}
