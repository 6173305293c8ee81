import Basics
import Model

/// The tasks of one kind of worker: those that wait to be started, and how many have been started and not come back.
///
/// A start is written before a worker gets the task. While runs are short, many are started ahead in one transaction, so that no worker waits
/// for the disk between two of them; when runs are long, only as many as there are threads, so that what is called running does run.
struct Lane {
  private let threads: Int
  private var queue: [TaskRecord] = []
  private var head = 0
  private var started = 0
  /// How long a run takes, in seconds: a running mean of the last eight or so.
  private var usual = 0.01

  /// The runs that are started ahead take about this long on all threads together.
  private static let ahead = 0.05
  private static let most = 2048

  init(threads: Int) { self.threads = threads }

  private var window: Int { max(threads, min(Self.most, Int(Double(threads) * Self.ahead / max(usual, 1e-6)))) }

  mutating func append(_ task: TaskRecord) { queue.append(task) }

  /// A place for a task that is written down as started; false when others wait, or when enough are started.
  mutating func reserve() -> Bool {
    guard head == queue.count, started < window else { return false }
    started += 1
    return true
  }

  /// The next task to be started, with its place; nil when there is none, or when enough are started.
  mutating func next() -> TaskRecord? {
    guard head < queue.count, started < window else { return nil }
    defer {
      head += 1
      if head == queue.count {
        queue.removeAll(keepingCapacity: true)
        head = 0
      } else if head >= 1024, head * 2 >= queue.count {
        queue.removeFirst(head)
        head = 0
      }
    }
    started += 1
    return queue[head]
  }

  /// The start could not be written.
  mutating func release() { started -= 1 }

  /// A task came back from its worker.
  mutating func ended(after duration: Duration) {
    started -= 1
    usual += (duration.inSeconds - usual) / 8
  }
}
