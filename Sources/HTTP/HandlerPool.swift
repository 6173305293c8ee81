import Basics
import Glibc

/// The threads that run handlers. They may block there: on the store, on a script, on a slow reader of an export.
///
/// As many work as there are cores, since short requests on more threads only wake each other; where one says that it waits, the next takes its
/// place. So it does where handlers last: when none of the waiting jobs was begun for a while, whoever looks passes over those at work.
final class HandlerPool: Sendable {
  struct Job: Sendable {
    var connection: UInt64
    var requests: [Request]
  }

  /// What a thread does.
  private enum Phase: Sendable {
    case idle, working
    /// Its handler waits for something.
    case blocked
    /// Its handler has been at work for so long that nobody waits for it any more.
    case lasting
    case ended
  }

  private struct State: Sendable {
    var jobs: [Job] = []
    var next = 0
    private var phases: [Phase] = []
    private(set) var idle = 0
    private(set) var working = 0
    /// Threads that were signalled and are not awake yet.
    var waking = 0
    /// How many jobs have been begun.
    var begun = 0
    var isStopping = false
    let width: Int

    init(width: Int) { self.width = width }

    var hasJobs: Bool { next < jobs.count }
    var threads: Int { phases.count { $0 != .ended } }

    mutating func addThread() -> Int {
      phases.append(.ended)
      set(phases.count - 1, .working)
      return phases.count - 1
    }

    mutating func set(_ thread: Int, _ phase: Phase) {
      let old = phases[thread]
      guard phase != old else { return }
      phases[thread] = phase
      idle += (phase == .idle ? 1 : 0) - (old == .idle ? 1 : 0)
      working += (phase == .working ? 1 : 0) - (old == .working ? 1 : 0)
    }

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
      guard hasJobs, idle > waking, working + waking < width else { return false }
      waking += 1
      return true
    }

    mutating func passOver() {
      for thread in phases.indices where phases[thread] == .working { set(thread, .lasting) }
    }
  }

  private let state: Monitor<State>

  /// Starts the threads. Throws `.unavailable` when the system gives not a single one.
  init(threads: Int, stack: Int, responder: Responder) throws(Problem) {
    let state = Monitor(State(width: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    self.state = state
    for _ in 0..<max(1, threads) {
      let number = state.withLock { $0.addThread() }
      do throws(Problem) {
        let thread = try OwnThread.start(name: "perigee-http", stack: stack) {
          var own = responder
          Blocking.with(Self.seat(number, state)) {
            while let job = Self.next(number, state) { own.handle(job) }
          }
          state.withLock { $0.set(number, .ended) }
          state.broadcast()
        }
        thread.letGo()
      } catch {
        // Fewer do, too, as long as there is one.
        let left = state.withLock { state in
          state.set(number, .ended)
          return state.threads
        }
        if left == 0 { throw error }
      }
    }
  }

  private static func seat(_ number: Int, _ state: Monitor<State>) -> Blocking.Seat {
    Blocking.Seat {
      let wakes = state.withLock { state in
        state.set(number, .blocked)
        return state.wakesAnother()
      }
      if wakes { state.signal() }
    } ended: {
      state.withLock { $0.set(number, .working) }
    }
  }

  /// Waits for a job. Nil when the pool stops.
  private static func next(_ number: Int, _ state: Monitor<State>) -> Job? {
    let (job, wakes) = state.wait { state -> (Job?, Bool)? in
      state.set(number, .working)
      if let job = state.take() { return (job, state.wakesAnother()) }
      return state.isStopping ? (nil, false) : nil
    } whileWaiting: { state, isWaiting in
      state.set(number, isWaiting ? .idle : .working)
      if !isWaiting, state.waking > 0 { state.waking -= 1 }
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

  /// Lets others take the place of all that are at work: they do not come to an end.
  func passOver() {
    let wakes = state.withLock { state in
      state.passOver()
      return state.wakesAnother()
    }
    if wakes { state.signal() }
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
