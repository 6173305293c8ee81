import Basics

/// The threads that run handlers. They may block there: on the store, on a script, on a slow reader of an export.
final class HandlerPool: Sendable {
  struct Job: Sendable {
    var connection: UInt64
    var requests: [Request]
  }

  private struct State: Sendable {
    var jobs: [Job] = []
    var next = 0
    var idle = 0
    var threads = 0
    var isStopping = false

    mutating func take() -> Job? {
      guard next < jobs.count else { return nil }
      defer {
        next += 1
        if next == jobs.count {
          jobs.removeAll(keepingCapacity: true)
          next = 0
        }
      }
      return jobs[next]
    }
  }

  private let state = Monitor(State())

  /// Starts the threads. Throws `.unavailable` when the system gives not a single one.
  init(threads: Int, stack: Int, responder: Responder) throws(Problem) {
    let state = state
    for _ in 0..<max(1, threads) {
      state.withLock { $0.threads += 1 }
      do throws(Problem) {
        let thread = try OwnThread.start(name: "perigee-http", stack: stack) {
          var own = responder
          while let job = Self.next(state) { own.handle(job) }
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
    let (job, wakeAnother) = state.wait { state -> (Job?, Bool)? in
      if let job = state.take() {
        // Wake-ups spread from thread to thread: one for a burst that one thread can handle, all when handlers block.
        return (job, state.next < state.jobs.count && state.idle > 0)
      }
      if state.isStopping { return (nil, false) }
      return nil
    } whileWaiting: { state, isWaiting in
      state.idle += isWaiting ? 1 : -1
    }
    if wakeAnother { state.signal() }
    return job
  }

  func submit(_ jobs: [Job]) {
    let wake = state.withLock { state in
      state.jobs.append(contentsOf: jobs)
      return state.idle > 0
    }
    if wake { state.signal() }
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
