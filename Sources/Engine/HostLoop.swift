import Basics
import Model
import Scheduling
import Store

/// The host's own thread: drains the inbox and the agenda into one transaction at a time, and acts on the outcome.
///
/// Not Sendable: made, used and dropped on one thread, which owns the writing connection, the agenda and the counters.
final class HostLoop {
  struct Parts: Sendable {
    var configuration: Host.Configuration
    var readers: Readers
    var zones: Zones
    var inbox: Mailbox<Command>
    var workers: Workers
    var cancellations: Cancellations
    var meter: Meter
    var audience: Audience
  }

  /// Transactions on their way, and what to do with each when its outcome is known.
  struct Pending {
    private(set) var transactions: [Transaction] = []
    private(set) var settles: [(Outcome) -> Void] = []
    var isEmpty: Bool { transactions.isEmpty }

    mutating func add(_ transaction: Transaction, _ settle: @escaping (Outcome) -> Void) {
      transactions.append(transaction)
      settles.append(settle)
    }
  }

  /// How many commands one transaction takes in; the more wait, the more share one fsync.
  private static let batchLimit = 2000
  /// How many documents one transaction takes in; what would come on top waits for the next, and triggers that are due meanwhile do not wait for
  /// all of it. A transaction of two thousand documents with their vectors takes about a tenth of a second.
  private static let documentLimit = 2000
  /// How many triggers are looked at in one transaction: what they start runs while the next are claimed.
  private static let stepLimit = 1024
  /// For so many rounds triggers that are due are not looked at for want of room, and so long the host waits in each for an end.
  private static let longestHold = (rounds: 20, each: Duration.milliseconds(5))
  /// How many rows of triggers that are due soon are read at once; commands wait meanwhile.
  static let awakenLimit = 200
  /// The same of triggers that are due already, as after an absence.
  static let awakenMost = 1000

  let ledger: SQLiteLedger
  let parts: Parts
  var agenda = Agenda()
  /// The last position and event number given out.
  var position: Int64 = 0
  var sequence: Int64 = 0
  /// Counts the owners of the store; claims made under an older one lose.
  var epoch: Int64 = 0
  /// What the loop needs to know of triggers for each fire, without reading their rows: namespace, action, schedule, failures in a row.
  /// States, baselines and measurements are left out; workers read them from the row.
  var definitions: [Trigger.ID: Definition] = [:]
  /// The newest evaluation of each trigger, so that equal ones coalesce into a row.
  var lastEvaluations: [Trigger.ID: Evaluation] = [:]
  /// Tasks that are pending or running, with their trigger.
  var openTasks = OpenTasks()
  /// Who of those that are ready goes first.
  var admission = Admission(threads: Workers.threads)
  /// Tasks that start when the one before them has ended, in order.
  var waiting: [Trigger.ID: [TaskRecord]] = [:]
  var clock: ClockWatch
  /// The release of the time zone data, and when it was last looked at.
  var zoneData: (version: String?, lookedAt: Ticks)
  /// Triggers whose Lua filter is looking at events now; true when more came meanwhile.
  var filtering: [Trigger.ID: Bool] = [:]
  var openQuestions = 0
  /// Changes that have not reached all sleeping triggers yet, the oldest first.
  var reviews: [Review] = []
  var maintenance: Maintenance?
  /// Tasks whose starts are written and that no worker has yet.
  var begun: [Workers.Work] = []
  /// Tasks that workers are through with, and whose flags nobody needs any more.
  var ended: [String] = []
  /// Ends of tasks that a store in trouble did not take.
  var unwritten: [Ending] = []
  /// The last event that was committed and has not been told to the audience.
  var untold: Int64?
  private var restsUntil: Ticks?
  /// For how many rounds there has been no room for what triggers start.
  private var crowdedRounds = 0
  private var evaluations: UInt64 = 0
  private var settling: [Reply<Result<Void, Problem>>] = []
  private var stopping = false

  private var pending = Pending()
  /// Documents that this batch changes; a second change of one waits for the next batch, which can read the first.
  var touched: Set<String> = []
  /// Triggers whose row this batch changes: an edit of one waits likewise.
  var touchedTriggers: Set<Trigger.ID> = []
  private var deferred: [Command] = []
  /// How many documents this batch changes at the callers' wish.
  private var documents = 0

  var readers: Readers { parts.readers }
  var surroundings: Surroundings { parts.configuration.surroundings }

  init(_ ledger: SQLiteLedger, _ parts: Parts) {
    self.ledger = ledger
    self.parts = parts
    let surroundings = parts.configuration.surroundings
    clock = ClockWatch(at: surroundings.now(), surroundings.ticks())
    zoneData = (parts.zones.dataVersion, surroundings.ticks())
  }

  func now() -> Instant { surroundings.now() }
  func nextEvaluation() -> UInt64 {
    evaluations += 1
    return evaluations
  }
  func log(_ level: String, _ message: String) { parts.configuration.log(level, message) }

  func run() {
    while true {
      let waiting = deferred
      deferred = []
      let fresh: [Command]
      if waiting.isEmpty {
        // Nil: closed by `.stop`, and nobody waits for an answer any more.
        guard let taken = parts.inbox.take(limit: Self.batchLimit, timeout: untilWake()) else { break }
        fresh = taken
      } else {
        fresh = []
      }
      touched.removeAll(keepingCapacity: true)
      touchedTriggers.removeAll(keepingCapacity: true)
      documents = 0
      // Of the two, one is empty.
      for command in waiting { take(command) }
      for command in fresh { take(command) }
      if !stopping, restLeft() == nil {
        watchClock()
        goOnReviewing()
        let endings = unwritten
        unwritten = []
        for ending in endings { if touches(ending.writes) { unwritten.append(ending) } else { take(ending) } }
        if !isHeld {
          awakenWhatIsDue()
          for taskID in agenda.attempts(at: now()) { attempt(taskID) }
          // What is ready goes before what is claimed only now.
          startNext()
          let limit = stepsNow()
          if limit > 0 { for step in agenda.next(at: now(), limit: limit) { take(step) } }
        } else {
          startNext()
        }
      }
      flush()
      if !openTasks.isBusy, openQuestions == 0, deferred.isEmpty, pending.isEmpty, reviews.isEmpty, wake.map({ $0 > now() }) ?? true {
        for reply in settling { reply.give(.success(())) }
        settling = []
      }
    }
    end()
  }

  /// Commits what waits and closes the store.
  func end() {
    for reply in settling { reply.give(.failure(Problem(.unavailable, "the host is shutting down"))) }
    parts.readers.close()
    ledger.close()
  }

  /// How many triggers to look at in this round: as many as there is room for, so that their claims are their starts, too, and none of them is
  /// written once more for that. Where runs are long nobody waits for room: what is due is claimed, and its tasks wait.
  private func stepsNow() -> Int {
    guard admission.isQuick(.scripts) else {
      crowdedRounds = 0
      return Self.stepLimit
    }
    let room = admission.room(in: .scripts)
    crowdedRounds = room > 0 ? 0 : crowdedRounds + 1
    return isHeldBack ? 0 : room > 0 ? min(room, Self.stepLimit) : Self.stepLimit
  }

  /// Whether triggers that are due wait for room.
  private var isHeldBack: Bool { 1...Self.longestHold.rounds ~= crowdedRounds }

  /// How long to sleep. Never more than a minute: the wall clock may be set meanwhile.
  private func untilWake() -> Duration {
    // What the last outcomes made necessary waits for nobody.
    if !pending.isEmpty { return .zero }
    if let left = restLeft() { return left }
    if !reviews.isEmpty { return .zero }
    // What became ready while the last outcomes were looked at is started at once.
    if admission.isReady { return .zero }
    guard let wake else { return .seconds(60) }
    // What is ready at once may say so with the earliest instant there is, from which nothing can be subtracted.
    let now = now()
    if wake > now { return min(.seconds(60), wake - now) }
    // An end in the inbox makes room.
    return isHeldBack ? Self.longestHold.each : .zero
  }

  /// The store takes nothing (a full disk): what is due stays due, and is tried again in a while instead of at once and for ever.
  func rest() {
    restsUntil = Ticks(nanoseconds: surroundings.ticks().nanoseconds &+ 1_000_000_000)
  }

  /// Counts the commit, and notices when the store stops taking anything and when it goes on.
  private func watchStore(_ outcomes: [Outcome]) {
    parts.meter.committed()
    if let trouble = outcomes.first(where: \.isTrouble) {
      if parts.meter.failed(trouble.problem, at: now()) { log("error", "the store takes nothing, triggers wait: \(trouble.problem)") }
    } else if outcomes.contains(where: \.isCommitted), let since = parts.meter.recovered() {
      log("info", "the store takes writes again, after \(Explanation.words(now() - since))")
    }
  }

  private func restLeft() -> Duration? {
    guard let restsUntil else { return nil }
    let ticks = surroundings.ticks()
    if ticks < restsUntil { return restsUntil - ticks }
    self.restsUntil = nil
    return nil
  }

  func flush() {
    guard !pending.isEmpty else { return }
    let batch = pending
    pending = Pending()
    // One without statements only wants to know that all before it are done.
    var outcomes: [Outcome] = []
    if !batch.transactions.allSatisfy(\.isEmpty) {
      outcomes = ledger.commit(batch.transactions)
      watchStore(outcomes)
    }
    for (index, settle) in batch.settles.enumerated() {
      settle(batch.transactions[index].isEmpty ? .committed(returned: []) : outcomes[index])
    }
    if let untold {
      parts.audience.tell(through: untold)
      self.untold = nil
    }
    handOver()
    // What the outcomes made necessary (a task for a claim that was lost, a reload) is committed in the next round.
  }

  private func take(_ command: Command) {
    switch command {
    case .commit(let transaction, let reply):
      add(transaction) { outcome in
        if case .committed(let rows) = outcome { reply.give(.success(rows)) } else { reply.give(.failure(outcome.problem)) }
      }
    case .write(let writes, let reply):
      if documents >= Self.documentLimit || touches(writes) {
        deferred.append(command)
        return
      }
      documents += writes.reduce(0) { $0 + $1.documentCount }
      do throws(Problem) {
        let plan = try plan(writes)
        CrashPoint.pass(.writePlanned)
        add(plan.transaction) { [self] outcome in
          guard case .committed = outcome else { return reply.give(.failure(outcome.problem)) }
          CrashPoint.pass(.writeCommitted)
          announce(plan)
          reply.give(.success(plan.report))
        }
      } catch { reply.give(.failure(error)) }
    case .put(let trigger, let isNew, let writes, let reply):
      if touches(writes + [.trigger(trigger, over: nil)]) {
        deferred.append(command)
        return
      }
      put(trigger, isNew: isNew, writes, reply)
    case .start(let task, let with, let reply): add([.statements(with), .start(task)], reply)
    case .ran(let work, let ending, let duration):
      admission.ran(for: duration, work.task.kind)
      admission.leave(work.task)
      ended.append(work.task.id)
      if let ending { finish(ending) }
    case .judged(let judgement): take(judgement)
    case .filtered(let filtered): take(filtered)
    case .finished(let ending): finish(ending)
    case .reserve(let count, let reply):
      reply.give(.success(position + 1))
      position += count
    case .announce(let description, let reply):
      do throws(Problem) {
        try ledger.describe(description)
        reply.give(.success(()))
      } catch { reply.give(.failure(error)) }
    case .limit(let namespaceID, let limit, let reply):
      admission.limit(namespaceID, to: limit)
      reply.give(.success(()))
    case .reload(let ids, let reply):
      for id in ids { reload(id) }
      reply.give(.success(()))
    case .hold(let change, let reply): hold(change, reply)
    case .settle(let reply): settling.append(reply)
    case .stop:
      stopping = true
      parts.inbox.close()
    }
  }

  private func finish(_ ending: Ending) {
    if touches(ending.writes) { deferred.append(.finished(ending)) } else { take(ending) }
  }

  func add(_ transaction: Transaction, _ settle: @escaping (Outcome) -> Void) { pending.add(transaction, settle) }

  /// Writes all of it or nothing, and then answers.
  func add(_ writes: [Write], _ reply: Reply<Result<Void, Problem>>) {
    do throws(Problem) {
      let plan = try plan(writes)
      add(plan.transaction) { [self] outcome in
        guard case .committed = outcome else { return reply.give(.failure(outcome.problem)) }
        announce(plan)
        reply.give(.success(()))
      }
    } catch { reply.give(.failure(error)) }
  }

  /// Whether a document or a trigger of these writes is already being changed in this batch; if not, marks them. An edit is laid over what
  /// the row says now: where this batch moves the row, it waits for the next.
  private func touches(_ writes: [Write]) -> Bool {
    if writes.isEmpty { return false }
    var keys: [String] = []
    var ids: [Trigger.ID] = []
    for write in writes {
      switch write {
      case .documents(let write): keys += write.changes.map { "\(write.collectionID)/\($0.documentID)" }
      case .trigger(let trigger, _): ids.append(trigger.id)
      case .statements, .event, .start: break
      }
    }
    if keys.contains(where: touched.contains) || ids.contains(where: touchedTriggers.contains) { return true }
    touched.formUnion(keys)
    touchedTriggers.formUnion(ids)
    return false
  }
}

extension Outcome {
  /// Whether the store could not write at all, where trying again later is right.
  var isTrouble: Bool {
    switch self {
    case .unknown: true
    case .failed(let problem): problem.kind == .unavailable
    case .committed, .lost: false
    }
  }

  var isCommitted: Bool { if case .committed = self { true } else { false } }

  /// What to tell somebody whose transaction did not go through.
  var problem: Problem {
    switch self {
    case .committed: Problem(.internal, "the transaction went through")
    case .lost(let name): Problem(.conflict, "somebody else changed it at the same time (\(name))", hint: "Read it again and repeat")
    case .failed(let problem), .unknown(let problem): problem
    }
  }
}
