import Basics
import Model
import Testing

@testable import Store

@Suite("Triggers, tasks and evaluations") struct SchedulingRowsTests {
  private func withTrigger(_ body: (TemporaryStore, Trigger) throws -> Void) throws {
    let store = try TemporaryStore()
    try store.fill([])
    let trigger = Trigger(
      id: "trg_1", namespaceID: "ns_1", action: try Action(type: "cluster", config: ["cluster_id": "clust_1"]),
      schedule: try Schedule(.interval, ["interval_seconds": 60]), createdAt: store.clock.now)
    try store.commit { $0.insert(trigger) }
    try body(store, trigger)
  }

  private func current(_ store: TemporaryStore) throws -> Trigger {
    try #require(try store.read { reader throws(Problem) in try reader.trigger("trg_1") })
  }

  @Test("a write made under an older owner loses")
  func epochs() throws {
    let store = try TemporaryStore()
    func take(_ owner: String) throws -> Int64 {
      guard case .committed(let rows) = store.outcome({ $0.takeShard(owner: owner, expiresAt: store.clock.now) }),
        case .integer(let epoch)? = rows.first?.first
      else {
        throw Problem(.internal, "no epoch")
      }
      return epoch
    }
    let first = try take("host one")
    #expect(store.outcome { $0.guardEpoch(first) }.isCommitted)
    let second = try take("host two")
    #expect(second == first + 1)
    if case .lost(let name) = store.outcome({ $0.guardEpoch(first) }) { #expect(name == "epoch") } else { Issue.record("the old owner wrote") }
    #expect(store.outcome { $0.guardEpoch(second) }.isCommitted)
  }

  @Test("a due instant makes one task, whoever claims it, and however often")
  func claims() throws {
    try withTrigger { store, trigger in
      let due = store.clock.now
      func claim(fence: Int64, task: String) -> Outcome {
        store.outcome {
          $0.claim("trg_1", fence: fence, next: due + .seconds(60), taskID: task, at: due, cooldownAt: due, consumedEvents: 3, armed: false)
          $0.insert(TaskRecord(id: task, namespaceID: "ns_1", kind: .cluster, triggerID: "trg_1", scheduledAt: due, createdAt: due))
        }
      }
      try store.commit { $0.countEvents("trg_1", by: 5, cursor: 8) }
      #expect(claim(fence: 0, task: "task_1").isCommitted)
      if case .lost(let name) = claim(fence: 0, task: "task_2") { #expect(name == "trigger") } else { Issue.record("claimed twice") }
      if case .failed(let problem) = claim(fence: 1, task: "task_3") { #expect(problem.kind == .conflict) } else { Issue.record("two tasks") }
      let now = try current(store)
      #expect(now.fence == 1 && now.nextScheduledAt == due + .seconds(60) && now.lastTriggeredAt == due && now.lastExecutionTaskID == "task_1")
      #expect(now.eventCounter == 2 && now.eventCursor == 8 && !now.armed && now.lastCooldownAt == due)
      let tasks = try store.read { reader throws(Problem) in try reader.tasks(TaskQuery(namespaceID: "ns_1")) }
      #expect(tasks.items.map(\.id) == ["task_1"] && tasks.total == 1)
    }
  }

  @Test("an edit from an older reading loses, and events counted meanwhile are kept")
  func edits() throws {
    try withTrigger { store, trigger in
      try store.commit { $0.countEvents("trg_1", by: 7) }
      var edited = trigger
      edited.name = "nightly"
      edited.status = .paused
      try store.commit { $0.update(edited) }
      #expect(try current(store).eventCounter == 7)
      #expect(try current(store).fence == 1)
      if case .lost = store.outcome({ $0.update(edited) }) {} else { Issue.record("an old edit was written") }
    }
  }

  @Test("a look that does not fire moves the next one and keeps what is not given")
  func reschedules() throws {
    try withTrigger { store, trigger in
      let now = store.clock.now
      try store.commit { $0.reschedule("trg_1", fence: 0, next: now + .seconds(5), armed: false, checkedAt: now, drift: ["d": 1], state: ["s": 1]) }
      try store.commit { $0.reschedule("trg_1", fence: 1, next: nil, volume: ["v": 2]) }
      let found = try current(store)
      #expect(found.nextScheduledAt == nil && !found.armed && found.lastConditionCheckAt == now && found.fence == 2)
      #expect(found.lastDriftMeasurement == ["d": 1] && found.lastVolumeMeasurement == ["v": 2] && found.state == ["s": 1])
    }
  }

  @Test("a finished task settles its trigger without being an edit")
  func settles() throws {
    try withTrigger { store, trigger in
      let baseline = Baseline(capturedAt: store.clock.now, documents: 3, vectors: 2, mean: [0.5, 1], runID: "run_1")
      try store.commit {
        $0.settle("trg_1", executions: 1, consecutiveFailures: 0, lastStatus: "COMPLETED", lastError: nil, baseline: baseline, at: store.clock.now)
      }
      try store.commit {
        $0.settle("trg_1", executions: 0, consecutiveFailures: 1, lastStatus: "FAILED", lastError: "boom", status: .failed, at: store.clock.now)
      }
      let found = try current(store)
      #expect(found.executionCount == 1 && found.consecutiveFailures == 1 && found.lastExecutionError == "boom" && found.status == .failed)
      #expect(found.baseline == baseline && found.fence == 0)
    }
  }

  @Test("a baseline's snapshot is read apart from its trigger, replaced with it, and gone with it")
  func snapshots() throws {
    try withTrigger { store, _ in
      let first = store.clock.now
      func settle(_ seconds: Int64, _ snapshot: [UInt8]?) throws {
        let null = Baseline.Null(metric: "mmd", rows: 4, windowRows: 2, mean: 0.5, deviation: 0.25, contrast: 3)
        let baseline = Baseline(
          capturedAt: first + .seconds(seconds), documents: 3, vectors: 2, mean: [0.5, 1], clusters: 7, nulls: [null], snapshot: snapshot)
        try store.commit {
          $0.settle("trg_1", executions: 1, consecutiveFailures: 0, lastStatus: "COMPLETED", lastError: nil, baseline: baseline, at: first)
        }
        var slim = baseline
        slim.snapshot = nil
        #expect(try current(store).baseline == slim)
      }
      func snapshot(_ seconds: Int64) throws -> [UInt8]? {
        try store.read { reader throws(Problem) in try reader.snapshot(of: "trg_1", capturedAt: first + .seconds(seconds)) }
      }
      try settle(0, [1, 2, 3])
      #expect(try snapshot(0) == [1, 2, 3] && snapshot(1) == nil)
      try settle(1, [4])
      #expect(try snapshot(0) == nil && snapshot(1) == [4])
      try store.commit {
        $0.settle("trg_1", executions: 0, consecutiveFailures: 1, lastStatus: "FAILED", lastError: "boom", at: first)
      }
      #expect(try snapshot(1) == [4])
      try settle(2, nil)
      #expect(try snapshot(1) == nil && snapshot(2) == nil)
      try settle(3, [5])
      try store.commit { $0.deleteTrigger("trg_1") }
      #expect(try snapshot(3) == nil)
      try store.commit {
        $0.settle(
          "trg_1", executions: 1, consecutiveFailures: 0, lastStatus: "COMPLETED", lastError: nil,
          baseline: Baseline(capturedAt: first, documents: 0, vectors: 0, mean: [], snapshot: [6]), at: first)
      }
      #expect(try snapshot(0) == nil)
    }
  }

  @Test("a task starts again after a crash, ends once, and a late attempt loses")
  func tasks() throws {
    let store = try TemporaryStore()
    try store.fill([])
    let now = store.clock.now
    try store.commit { $0.insert(TaskRecord(id: "task_1", namespaceID: "ns_1", kind: .script, createdAt: now)) }
    try store.commit { $0.startTask("task_1", attempt: 0, at: now) }
    if case .lost = store.outcome({ $0.startTask("task_1", attempt: 0, at: now) }) {} else { Issue.record("started twice") }
    #expect(try store.read { reader throws(Problem) in try reader.unfinishedTasks() }.map(\.attempt) == [1])
    try store.commit { $0.startTask("task_1", attempt: 1, at: now) }
    if case .lost = store.outcome({ $0.finishTask("task_1", attempt: 1, status: .completed, at: now) }) {} else { Issue.record("a late attempt won") }
    try store.commit { $0.finishTask("task_1", attempt: 2, status: .completed, outputs: ["n": 1], at: now) }
    if case .lost = store.outcome({ $0.finishTask("task_1", status: .canceled, at: now) }) {} else { Issue.record("ended twice") }
    let task = try store.read { reader throws(Problem) in try reader.task("task_1") }
    #expect(task?.status == .completed && task?.outputs == ["n": 1] && task?.finishedAt == now)
    #expect(try store.read { reader throws(Problem) in try reader.unfinishedTasks() }.isEmpty)
  }

  @Test("lists of triggers filter, sort either way with NULLs last, and page")
  func lists() throws {
    let store = try TemporaryStore()
    try store.fill([])
    for (index, next) in ([30, nil, 10, 20] as [Int64?]).enumerated() {
      var trigger = Trigger(
        id: "trg_\(index)", namespaceID: "ns_1", name: "t\(index)",
        action: try index == 3
          ? Action(type: "script", config: ["script": "return 1"]) : Action(type: "cluster", config: ["cluster_id": .string("clust_\(index % 2)")]),
        schedule: try Schedule(.interval, ["interval_seconds": 60]), status: index == 0 ? .paused : .active, createdAt: store.clock.now)
      trigger.nextScheduledAt = next.map { Instant(milliseconds: $0) }
      try store.commit { $0.insert(trigger) }
    }
    func ids(_ query: TriggerQuery) throws -> [String] {
      try store.read { reader throws(Problem) in try reader.triggers(query) }.items.map { String($0.id.suffix(1)) }
    }
    #expect(try ids(TriggerQuery(namespaceID: "ns_1", sortBy: .nextScheduledAt, descending: false)) == ["2", "3", "0", "1"])
    #expect(try ids(TriggerQuery(namespaceID: "ns_1", sortBy: .nextScheduledAt, descending: true)) == ["0", "3", "2", "1"])
    #expect(try ids(TriggerQuery(namespaceID: "ns_1", actionType: .script)) == ["3"])
    #expect(try ids(TriggerQuery(namespaceID: "ns_1", resourceID: "clust_0", sortBy: .name, descending: false)) == ["0", "2"])
    #expect(
      try ids(TriggerQuery(namespaceID: "ns_1", triggerType: .interval, status: .active, sortBy: .name, descending: false, offset: 1, limit: 1)) == [
        "2"
      ])
    #expect(try store.read { reader throws(Problem) in try reader.triggers(TriggerQuery(namespaceID: "ns_1", limit: 1)) }.total == 4)
    #expect(try store.read { reader throws(Problem) in try reader.activeTriggers() }.map(\.id) == ["trg_1", "trg_2", "trg_3"])
    for sort in TriggerQuery.Sort.allCases { #expect(try ids(TriggerQuery(namespaceID: "ns_1", sortBy: sort)).count == 4) }
  }

  @Test("equal decisions coalesce, and the newest come first")
  func evaluations() throws {
    try withTrigger { store, trigger in
      let start = store.clock.now
      for index in 0..<3 {
        let at = start + .seconds(Int64(index))
        try store.commit {
          $0.insert(
            Evaluation(id: "eval_\(index)", triggerID: "trg_1", namespaceID: "ns_1", outcome: .held, reason: "cooldown", firstAt: at, lastAt: at))
        }
      }
      try store.commit { $0.coalesceEvaluation("eval_2", detail: ["left": 3], at: start + .seconds(9)) }
      let list = try store.read { reader throws(Problem) in try reader.evaluations("trg_1", limit: 2) }
      #expect(list.items.map(\.id) == ["eval_2", "eval_1"] && list.total == 3)
      #expect(list.items[0].count == 2 && list.items[0].detail == ["left": 3] && list.items[0].lastAt == start + .seconds(9))
      if case .lost = store.outcome({ $0.coalesceEvaluation("eval_9", detail: [:], at: start) }) {} else { Issue.record("coalesced nothing") }
      try store.commit { $0.deleteTrigger("trg_1") }
      #expect(try store.read { reader throws(Problem) in try reader.lastEvaluation("trg_1") } == nil)
      #expect(try Connection(path: store.path, .read).number(composed: "SELECT count(*) FROM trigger_definitions") == 0)
    }
  }

  @Test("events are read after a number, by type and collection")
  func events() throws {
    let store = try TemporaryStore()
    try store.fill([])
    for seq in 1...6 as ClosedRange<Int64> {
      try store.commit {
        $0.append(
          DocumentEvent(
            seq: seq, namespaceID: seq == 6 ? "ns_2" : "ns_1", type: seq % 2 == 0 ? .documentsAdded : .documentsDeleted,
            collectionID: "col_\(seq % 3)",
            count: seq, documentIDs: ["a"], at: store.clock.now))
      }
    }
    try store.read { reader throws(Problem) in
      #expect(try reader.highestSeq() == 6)
      #expect(try reader.events(since: 3).map(\.seq) == [4, 5, 6])
      #expect(try reader.events(in: "ns_1", since: 0, type: .documentsAdded).map(\.seq) == [2, 4])
      #expect(try reader.events(in: "ns_1", since: 0, collectionID: "col_2", limit: 1).map(\.seq) == [2])
    }
  }

  @Test("values of scripts count up, expire, and stay what they are")
  func values() throws {
    let store = try TemporaryStore()
    try store.fill([])
    let now = store.clock.now
    func value(_ key: String, at time: Instant) throws -> JSON? {
      try store.read { reader throws(Problem) in try reader.value(key, in: "ns_1", at: time) }
    }
    #expect(try store.commit { $0.incrementValue("hits", by: 2, in: "ns_1", expiresAt: now + .seconds(10), at: now) } == [[.integer(2)]])
    #expect(try store.commit { $0.incrementValue("hits", by: 3, in: "ns_1", at: now) } == [[.integer(5)]])
    #expect(try value("hits", at: now) == 5)
    #expect(try value("hits", at: now + .seconds(10)) == nil)
    #expect(try store.commit { $0.incrementValue("hits", by: 1, in: "ns_1", at: now + .seconds(10)) } == [[.integer(1)]])
    try store.commit { $0.setValue("table", to: ["a": 1], in: "ns_1") }
    if case .lost(let name) = store.outcome({ $0.incrementValue("table", by: 1, in: "ns_1", at: now) }) {
      #expect(name == "integer")
    } else {
      Issue.record("counted a table")
    }
    try store.commit { $0.setValue("big", to: .int(Int64.max), in: "ns_1") }
    if case .failed = store.outcome({ $0.incrementValue("big", by: 1, in: "ns_1", at: now) }) {} else { Issue.record("overflowed") }
    try store.commit { $0.setValue("100%", to: "x", in: "ns_1", expiresAt: now) }
    let list = try store.read { reader throws(Problem) in try reader.values(prefix: "t", in: "ns_1", at: now) }
    #expect(list.map(\.key) == ["table"] && list.map(\.value) == [["a": 1]])
    try store.commit {
      $0.deleteExpiredValues(at: now)
      $0.deleteValue("table", in: "ns_1")
    }
    #expect(try store.read { reader throws(Problem) in try reader.values(in: "ns_1", at: Instant(milliseconds: 0)) }.map(\.key) == ["big", "hits"])
  }

  @Test("a window's events lie in buckets that are counted up and taken away, and go with their trigger")
  func buckets() throws {
    try withTrigger { store, trigger in
      let at = store.clock.now
      func held() throws -> [Int64] { try store.read { reader throws(Problem) in try reader.buckets(of: "trg_1") }.map(\.count) }
      try store.commit { transaction in
        transaction.countEvents("trg_1", by: 3, at: at, bucket: at)
        transaction.countEvents("trg_1", by: 2, at: at + .seconds(1), bucket: at, depth: 4)
        transaction.countEvents("trg_1", by: 7, at: at + .seconds(9), bucket: at + .seconds(9), depth: 1)
      }
      #expect(try held() == [5, 7])
      var now = try current(store)
      #expect(now.eventCounter == 12 && now.firstEventAt == at && now.lastEventAt == at + .seconds(9) && now.eventDepth == 4)
      try store.commit { $0.takeBuckets("trg_1", [(at, 5), (at + .seconds(9), 4)]) }
      #expect(try held() == [3])
      try store.commit { $0.claim("trg_1", fence: 0, next: nil, taskID: nil, at: at, consumedEvents: 12, armed: true) }
      now = try current(store)
      #expect(now.firstEventAt == nil && now.lastEventAt == at + .seconds(9) && now.eventDepth == 0)
      try store.commit { $0.deleteTrigger("trg_1") }
      #expect(try held() == [])
    }
  }

  @Test("a claim keeps the deadline that an event counted meanwhile has set")
  func deadlines() throws {
    try withTrigger { store, trigger in
      let at = store.clock.now
      try store.commit { $0.countEvents("trg_1", by: 1, at: at, next: at + .seconds(60)) }
      try store.commit { $0.claim("trg_1", fence: 0, next: nil, taskID: nil, at: at, consumedEvents: 0, armed: true, keepsNext: true) }
      #expect(try current(store).nextScheduledAt == at + .seconds(60))
      try store.commit { $0.claim("trg_1", fence: 1, next: nil, taskID: nil, at: at, consumedEvents: 1, armed: true, keepsNext: true) }
      #expect(try current(store).nextScheduledAt == nil)
    }
  }

  @Test("a task that is to be tried again waits with what went wrong, and its next start forgets the wait")
  func repeats() throws {
    try withTrigger { store, _ in
      let at = store.clock.now
      func task() throws -> TaskRecord { try #require(try store.read { reader throws(Problem) in try reader.task("task_1") }) }
      try store.commit { $0.insert(TaskRecord(id: "task_1", namespaceID: "ns_1", kind: .script, createdAt: at, depth: 3)) }
      try store.commit { $0.startTask("task_1", attempt: 0, at: at) }
      try store.commit { $0.repeatTask("task_1", outputs: ["attempts": [1]], error: "broken", retryAt: at + .seconds(9)) }
      let waiting = try task()
      #expect(
        waiting.status == .pending && waiting.retryAt == at + .seconds(9) && waiting.attempt == 1 && waiting.error == "broken" && waiting.depth == 3)
      try store.commit { $0.startTask("task_1", attempt: 1, at: at) }
      #expect(try task().retryAt == nil && task().attempt == 2)
      try store.commit { $0.finishTask("task_1", status: .completed, at: at) }
      if case .lost = store.outcome({ $0.repeatTask("task_1", outputs: [:], error: nil, retryAt: at) }) {
      } else {
        Issue.record("a final task was repeated")
      }
    }
  }
}

@Suite("History of a trigger") struct HistoryRowsTests {
  private let at = Instant(seconds: 1_767_225_600)

  private func row(_ number: Int, from: Int, to: Int, _ outcome: Evaluation.Outcome, task: String? = nil) -> Evaluation {
    Evaluation(
      id: "eval_\(number)", triggerID: "trg_1", namespaceID: "ns_1", outcome: outcome, reason: "r", taskID: task, firstAt: at + .seconds(from),
      lastAt: at + .seconds(to),
      count: from == to ? 1 : 2)
  }

  @Test("an instant is covered by the row around it, or lies between two")
  func around() throws {
    let store = try TemporaryStore()
    let rows = [row(1, from: 0, to: 20, .held), row(2, from: 30, to: 30, .fired, task: "task_1"), row(3, from: 40, to: 90, .held)]
    try store.commit { transaction in for row in rows { transaction.insert(row) } }
    func look(_ seconds: Int) throws -> [String?] {
      let moment = at + .seconds(seconds)
      return try store.read { reader throws(Problem) in
        [
          try reader.evaluation(before: moment, triggerID: "trg_1")?.id, try reader.evaluation(from: moment, triggerID: "trg_1")?.id,
          try reader.lastFired("trg_1", through: moment)?.id,
        ]
      }
    }
    #expect(try look(-1) == [nil, "eval_1", nil])
    #expect(try look(10) == [nil, "eval_1", nil])
    #expect(try look(25) == ["eval_1", "eval_2", nil])
    #expect(try look(30) == ["eval_1", "eval_2", "eval_2"])
    #expect(try look(100) == ["eval_3", nil, "eval_2"])
    func listed(_ query: EvaluationQuery) throws -> [String] {
      try store.read { reader throws(Problem) in try reader.evaluations(query).items.map(\.id) }
    }
    #expect(try listed(EvaluationQuery("trg_1", since: at + .seconds(20), until: at + .seconds(40))) == ["eval_2", "eval_1"])
    #expect(try listed(EvaluationQuery("trg_1", outcome: .held)) == ["eval_3", "eval_1"])
    try store.read { reader throws(Problem) in
      #expect(try reader.evaluation(of: "task_1", triggerID: "trg_1")?.id == "eval_2")
      #expect(try reader.evaluation("eval_2", in: "ns_other") == nil)
      #expect(try reader.evaluationSizes(before: nil, limit: 2).map(\.id) == ["eval_3", "eval_2"])
      #expect(try reader.evaluationSizes(before: "eval_2", limit: 2).map(\.id) == ["eval_1"])
    }
  }

  @Test("events are counted in a span that is open at its beginning, and deleted from the oldest on")
  func events() throws {
    let store = try TemporaryStore()
    try store.commit { transaction in
      for number in 1...5 {
        transaction.append(
          DocumentEvent(
            seq: Int64(number), namespaceID: "ns_1", type: .documentsAdded, collectionID: number == 5 ? "col_2" : "col_1", count: 10,
            documentIDs: ["d"],
            at: at + .seconds(number)))
      }
    }
    func count(_ collection: String?, _ after: Int, _ through: Int) throws -> Int64 {
      try store.read { reader throws(Problem) in
        try reader.eventCount(
          in: "ns_1", type: .documentsAdded, collectionID: collection, after: at + .seconds(after), through: at + .seconds(through))
      }
    }
    #expect(try count(nil, 0, 9) == 50)
    #expect(try count("col_1", 1, 3) == 20)
    #expect(try count("col_2", 5, 9) == 0)
    try store.commit { $0.deleteEvents(before: 4, limit: 2) }
    let left = try store.read { reader throws(Problem) in
      try reader.events(in: "ns_1", type: .documentsAdded, collectionID: nil, from: at, to: at + .seconds(5), since: 0, limit: 10).map(\.seq)
    }
    #expect(left == [3, 4])
  }

  @Test("settings are no one's keys, and null takes them away")
  func settings() throws {
    let store = try TemporaryStore()
    try store.commit { $0.setSetting("maintenance", to: ["since": "2026-01-01T00:00:00Z"]) }
    #expect(try store.read { reader throws(Problem) in try reader.setting("maintenance", at: at) }?["since"] == "2026-01-01T00:00:00Z")
    #expect(try store.read { reader throws(Problem) in try reader.value("maintenance", in: "ns_1", at: at) } == nil)
    try store.commit { $0.setSetting("maintenance", to: .null) }
    #expect(try store.read { reader throws(Problem) in try reader.setting("maintenance", at: at) } == nil)
  }
}
