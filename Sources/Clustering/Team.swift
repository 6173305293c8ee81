import CKernels
import Glibc
import Synchronization

/// A few threads that share out numbered pieces of work, made for one computation and joined at its end.
///
/// A phase of clustering lasts a millisecond, so a waiting member first looks for new work for some microseconds before it
/// goes to sleep. Which member does which piece is left to chance: results must depend on the piece's number alone.
final class Team: @unchecked Sendable {
  // @unchecked Sendable: 'work' and 'pieces' are written by the leader alone, while 'busy' is 0, and published by 'round'.
  private var work: (Int) -> Void = { _ in }
  private var pieces = 0
  private let next = Atomic<Int>(0)
  private let busy = Atomic<Int>(0)
  private let round = Atomic<Int>(0)
  private let over = Atomic<Bool>(false)
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let bell: UnsafeMutablePointer<pthread_cond_t>
  private var members: [pthread_t] = []

  /// How many threads work, the caller among them.
  var size: Int { members.count + 1 }

  /// Gathers a team for the time of `body`. Where the system gives fewer threads than asked for, fewer do the work.
  static func gather<Result, Failure: Error>(_ threads: Int, _ body: (Team) throws(Failure) -> Result) throws(Failure) -> Result {
    let team = Team(threads)
    defer { team.dismiss() }
    return try body(team)
  }

  private init(_ threads: Int) {
    lock = .allocate(capacity: 1)
    bell = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(bell, nil)
    // Signals are for the thread that expects them, not for ours.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    for _ in 1..<max(threads, 1) {
      var thread = pthread_t()
      let team = Unmanaged.passRetained(self)
      let result = pthread_create(
        &thread, nil,
        { argument in
          Unmanaged<Team>.fromOpaque(argument!).takeRetainedValue().serve()  // the pointer passed below
          return nil
        }, team.toOpaque())
      guard result == 0 else {
        team.release()
        break
      }
      members.append(thread)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  private func dismiss() {
    over.store(true, ordering: .sequentiallyConsistent)
    round.add(1, ordering: .sequentiallyConsistent)
    wake()
    for member in members { pthread_join(member, nil) }
    pthread_cond_destroy(bell)
    pthread_mutex_destroy(lock)
    bell.deallocate()
    lock.deallocate()
  }

  /// Does the pieces 0..<pieces, each once, in no order, on all threads; returns when all are done.
  func share(_ pieces: Int, _ work: @Sendable (Int) -> Void) {
    guard !members.isEmpty, pieces > 1 else {
      for piece in 0..<pieces { work(piece) }
      return
    }
    withoutActuallyEscaping(work) { work in
      self.work = work
      self.pieces = pieces
      next.store(0, ordering: .relaxed)
      busy.store(members.count, ordering: .relaxed)
      round.add(1, ordering: .sequentiallyConsistent)
      wake()
      takePieces()
      var turns = 0
      while busy.load(ordering: .acquiring) > 0 { rest(&turns) }
      self.work = { _ in }
    }
  }

  private func takePieces() {
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      if piece >= pieces { return }
      work(piece)
    }
  }

  // MARK: - Members

  private func serve() {
    var seen = 0
    while true {
      seen = awaitRound(after: seen)
      if over.load(ordering: .sequentiallyConsistent) { return }
      takePieces()
      busy.subtract(1, ordering: .releasing)
    }
  }

  private func awaitRound(after seen: Int) -> Int {
    for _ in 0..<4000 {
      let now = round.load(ordering: .acquiring)
      if now != seen { return now }
      ck_pause()
    }
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      let now = round.load(ordering: .acquiring)
      if now != seen { return now }
      pthread_cond_wait(bell, lock)
    }
  }

  /// Called after 'round' was raised: a member either sees that before it sleeps, or sleeps before the bell rings.
  private func wake() {
    pthread_mutex_lock(lock)
    pthread_cond_broadcast(bell)
    pthread_mutex_unlock(lock)
  }

  /// Waits for the others' last pieces: briefly awake, then giving the processor to whoever needs it.
  private func rest(_ turns: inout Int) {
    turns += 1
    if turns < 2000 { ck_pause() } else { sched_yield() }
  }
}
