import Basics
import Glibc

/// The threads that run handlers. They may block there: on the store, on a script, on a slow reader of an export.
///
/// As many work as there are cores, since short requests on more threads only wake each other; where one says that it waits, the next takes its
/// place. Whoever does not say so is found out: when none of the waiting jobs was begun for a while, threads are woken for all of them.
final class HandlerPool: Sendable {
  struct Job: Sendable {
    var connection: UInt64
    var requests: [Request]
  }

  private struct State: Sendable {
    var jobs: [Job] = []
    var next = 0
    var threads = 0
    /// Threads without a job; of these, so many have been signalled and are not awake yet.
    var idle = 0
    var waking = 0
    /// Threads whose handler waits for something.
    var blocked = 0
    /// How many jobs have been begun.
    var begun = 0
    var isStopping = false
    let width: Int

    init(width: Int) { self.width = width }

    var hasJobs: Bool { next < jobs.count }

    mutating func take() -> Job? {
      guard hasJobs else { return nil }
      defer {
        next += 1
        begun += 1
        if next == jobs.count {
          jobs.removeAll(keepingCapacity: true)
          next = 0
        }
      }
      return jobs[next]
    }

    /// Whether to signal a thread, which is counted as woken.
    mutating func wakesAnother() -> Bool {
      guard hasJobs, idle > waking, threads - idle - blocked + waking < width else { return false }
      waking += 1
      return true
    }

    mutating func idles(_ isWaiting: Bool) {
      idle += isWaiting ? 1 : -1
      if !isWaiting, waking > 0 { waking -= 1 }
    }
  }

  private let state: Monitor<State>

  /// Starts the threads. Throws `.unavailable` when the system gives not a single one.
  init(threads: Int, stack: Int, responder: Responder) throws(Problem) {
    let state = Monitor(State(width: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    self.state = state
    let seat = Blocking.Seat {
      let wakes = state.withLock { state in
        state.blocked += 1
        return state.wakesAnother()
      }
      if wakes { state.signal() }
    } ended: {
      state.withLock { $0.blocked -= 1 }
    }
    for _ in 0..<max(1, threads) {
      state.withLock { $0.threads += 1 }
      do throws(Problem) {
        let thread = try OwnThread.start(name: "perigee-http", stack: stack) {
          var own = responder
          Blocking.with(seat) {
            while let job = Self.next(state) { own.handle(job) }
          }
          state.withLock { $0.threads -= 1 }
          state.broadcast()
        }
        thread.letGo()
      } catch {
        // Fewer do, too, as long as there is one.
        let left = state.withLock { state in
          state.threads -= 1
          return state.threads
        }
        if left == 0 { throw error }
      }
    }
  }

  /// Waits for a job. Nil when the pool stops.
  private static func next(_ state: Monitor<State>) -> Job? {
    let (job, wakes) = state.wait { state -> (Job?, Bool)? in
      if let job = state.take() { return (job, state.wakesAnother()) }
      return state.isStopping ? (nil, false) : nil
    } whileWaiting: { state, isWaiting in
      state.idles(isWaiting)
    }
    if wakes { state.signal() }
    return job
  }

  /// What of the jobs waits for a thread.
  struct Backlog: Sendable, Equatable {
    fileprivate(set) var isEmpty = true
    fileprivate var begun = 0
  }

  func submit(_ jobs: [Job]) {
    let wakes = state.withLock { state in
      state.jobs.append(contentsOf: jobs)
      return state.wakesAnother()
    }
    if wakes { state.signal() }
  }

  var backlog: Backlog { state.withLock { Backlog(isEmpty: !$0.hasJobs, begun: $0.begun) } }

  /// Wakes a thread for each job that waits, however many work: those that do, do not come to an end.
  func wakeForAll() {
    let count = state.withLock { state in
      let count = min(state.jobs.count - state.next, state.idle - state.waking)
      state.waking += max(0, count)
      return count
    }
    for _ in 0..<max(0, count) { state.signal() }
  }

  /// Whether no handler is running and none waits to.
  var isIdle: Bool { state.withLock { $0.jobs.isEmpty && $0.idle == $0.threads } }

  /// Forgets what waits and ends the threads as they come free.
  func stop() {
    state.withLock { state in
      state.jobs = []
      state.next = 0
      state.isStopping = true
    }
    state.broadcast()
  }

  /// Waits until every thread has ended.
  func waitUntilEnded() {
    state.wait { $0.threads == 0 ? () : nil }
  }
}
