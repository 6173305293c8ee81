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

  /// How many tasks run at once in each lane.
  private let threads: [Lane: Int]
  /// How many tasks of a namespace run at once, where it says so.
  private var limits: [String: Int] = [:]
  private var queues: [Key: Queue] = [:]
  private var running: [String: (lane: Lane, namespaceID: String)] = [:]
  private var inLane: [Lane: Int] = [:]
  private var inNamespace: [String: Int] = [:]
  private var count: UInt64 = 0
  /// How long a run takes in each lane, in seconds: a running mean of the last eight or so.
  private var usual: [Lane: Double] = [:]

  /// The runs that are started ahead take about so many seconds on all threads together.
  private static let ahead = 0.05
  private static let most = 2048

  init(threads: [Lane: Int]) { self.threads = threads }

  mutating func limit(_ namespaceID: String, to limit: Int?) { limits[namespaceID] = limit }

  /// A task is ready.
  mutating func offer(_ task: TaskRecord, priority: Int64) {
    count += 1
    queues[Key(lane: Lane(task.kind), priority: priority, namespaceID: task.namespaceID), default: Queue()].append(task, count)
  }

  /// Admits a task that is ready, if nothing of its lane waits and there is room; then its claim is its start.
  mutating func admit(_ task: TaskRecord) -> Bool {
    let lane = Lane(task.kind)
    guard inLane[lane, default: 0] < window(of: lane), hasRoom(task.namespaceID), !queues.keys.contains(where: { $0.lane == lane }) else {
      return false
    }
    enter(task, lane)
    return true
  }

  private mutating func enter(_ task: TaskRecord, _ lane: Lane) {
    running[task.id] = (lane, task.namespaceID)
    inLane[lane, default: 0] += 1
    inNamespace[task.namespaceID, default: 0] += 1
  }

  private func window(of lane: Lane) -> Int {
    let threads = threads[lane, default: 1]
    return max(threads, min(Self.most, Int(Double(threads) * Self.ahead / max(usual[lane, default: Self.ahead], 1e-6))))
  }

  /// A worker was busy for so long with a task.
  mutating func ran(for duration: Duration, _ kind: TaskRecord.Kind) {
    let known = usual[Lane(kind), default: Self.ahead]
    usual[Lane(kind)] = known + (duration.inSeconds - known) / 8
  }

  /// A task that was admitted does not run any more.
  mutating func release(_ taskID: String) {
    guard let place = running.removeValue(forKey: taskID) else { return }
    inLane[place.lane, default: 0] -= 1
    inNamespace[place.namespaceID, default: 0] -= 1
    if inNamespace[place.namespaceID] == 0 { inNamespace[place.namespaceID] = nil }
  }

  /// Whether `next` has a task to give.
  var isReady: Bool { Lane.allCases.contains { inLane[$0, default: 0] < window(of: $0) && best(in: $0) != nil } }

  /// The next task that may run; nil when none may.
  mutating func next() -> TaskRecord? {
    for lane in Lane.allCases where inLane[lane, default: 0] < window(of: lane) {
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
