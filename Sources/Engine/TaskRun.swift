import Basics
import Model
import Scripting
import Store

/// One run of a task, whose start is written, on a worker's thread: before hook, action, after hook or failure hook. Nothing it writes is
/// committed before the end, and then all of it at once.
struct TaskRun {
  /// What an action came to.
  struct Product {
    var outputs = JSONObject()
    var writes: [Write] = []
    /// What the scripts of this run have written so far: the next of them sees it.
    var gathering: Gathering?
    var state: JSONObject?
    /// The run of a cluster, which the outcome stores.
    var run: ClusterRun?
    /// What makes a run that went to its end a failed one: it did not reach what was asked of it. Its outputs say more, and are kept.
    var failure: Problem?
  }

  private static let resultLimit = 1 << 20

  let host: Host
  private let bench: ScriptBench
  private let task: TaskRecord
  private let current: CurrentTrigger?
  /// What defines the trigger.
  private var trigger: Trigger? { current?.definition }
  let cancellation: Cancellation

  init(_ host: Host, _ bench: ScriptBench, _ task: TaskRecord, _ current: CurrentTrigger?, _ cancellation: Cancellation) {
    self.host = host
    self.bench = bench
    self.task = task
    self.current = current
    self.cancellation = cancellation
  }

  /// Whether the trigger's row is read when a script looks at it. What measures and clusters goes by the row as it is at the beginning.
  private var looksLate: Bool {
    guard task.kind == .script, let trigger else { return false }
    if case .conditional = trigger.schedule.when { return false }
    return !trigger.isNamespaceHook
  }

  /// Nil when the host is closing: the task stays as it is and goes on after the next start.
  func perform() -> Ending? {
    if host.isClosing { return nil }
    if cancellation.isCancelled { return ending(.canceled, Product(), error: Problem(.cancelled, "cancelled")) }
    CrashPoint.pass(.actionBegun)
    var product = Product()
    do throws(Problem) {
      if !looksLate { _ = try current?.row() }
      var config = task.inputs
      if let before = trigger?.action.hooks.before {
        let run = try hook("before", before, arguments: [], into: &product)
        switch run.first {
        case .bool(false)?:
          product.outputs["skipped_by"] = "before hook"
          var skipped = ending(.skipped, product)
          skipped.heldBy = ScriptRun.reason(run) ?? "the before hook said no"
          return skipped
        case .object(let overrides)?:
          for member in overrides.members { config[member.key] = member.value }
        default: break
        }
      }
      try act(config, &product)
      CrashPoint.pass(.actionMiddle)
      if let failure = product.failure { return failed(failure, keeping: product.outputs) }
      if let after = trigger?.action.hooks.after {
        do throws(Problem) {
          var result = product.outputs
          result["status"] = .string(TaskRecord.Status.completed.rawValue)
          result["task_id"] = .string(task.id)
          result["seconds"] = .double(task.startedAt.map { (host.surroundings.now() - $0).inSeconds } ?? 0)
          var after_ = Product()
          after_.gathering = product.gathering
          _ = try hook("after", after, arguments: [.object(result)], into: &after_)
          product.writes += after_.writes
          product.state = after_.state ?? product.state
          for member in after_.outputs.members { product.outputs[member.key] = member.value }
        } catch {
          // The action's result stands; that its hook failed is part of the outcome.
          if cancellation.isCancelled { throw error }
          product.outputs["after_error"] = .string(error.description)
          host.log("warn", "task \(task.id): after hook: \(error)")
        }
      }
      return ending(.completed, product, baseline: try baseline(after: product))
    } catch {
      if host.isClosing { return nil }
      var product = Product()
      product.outputs = told
      if cancellation.isCancelled || error.kind == .cancelled { return ending(.canceled, product, error: Problem(.cancelled, "cancelled")) }
      return failed(error, keeping: product.outputs)
    }
  }

  /// What the run has told of itself on its way. Of one that does not come to its end, that is what it came to, and where another attempt goes on.
  private var told: JSONObject {
    switch task.kind {
    case .cluster, .batchRerun, .collectionTrigger, .taxonomyEnrichment:
      let stored = try? host.read { reader throws(Problem) in try reader.task(task.id, in: task.namespaceID) }
      return stored?.outputs ?? JSONObject()
    case .script, .retrieverExecution, .alertEvaluation, .deleteNamespace: return JSONObject()
    }
  }

  private func failed(_ error: Problem, keeping outputs: JSONObject) -> Ending {
    var product = Product()
    product.outputs = outputs
    // What this build cannot do, it cannot do a second time.
    if let rule = trigger?.schedule.retry, task.attempt < rule.maxAttempts, error.kind != .unsupported {
      var repeated = ending(.failed, product, error: error)
      repeated.repeats = true
      return repeated
    }
    if let hook = trigger?.action.hooks.onFailure {
      var details: JSONObject = ["message": .string(error.message), "kind": .string(error.kind.rawValue), "task_id": .string(task.id)]
      if let path = error.path { details["path"] = .string(path) }
      do throws(Problem) {
        if let trigger = try current?.row() {
          details["consecutive_failures"] = .int(trigger.consecutiveFailures + 1)
          details["stops"] = .bool(trigger.status == .active && trigger.consecutiveFailures + 1 >= trigger.schedule.maxConsecutiveFailures)
        }
        _ = try self.hook("on_failure", hook, arguments: [.object(details)], into: &product)
      } catch {
        product = Product()
        product.outputs = outputs
        product.outputs["on_failure_error"] = .string(error.description)
        host.log("warn", "task \(task.id): on_failure hook: \(error)")
      }
    }
    return ending(.failed, product, error: error)
  }

  private func ending(_ status: TaskRecord.Status, _ product: Product, error: Problem? = nil, baseline: Baseline? = nil) -> Ending {
    var writes = product.writes
    if status != .completed { writes += TaskClosing.writes(task, status, error: error, readers: host.readers, at: host.surroundings.now()) }
    return Ending(
      task: task, status: status, outputs: product.outputs, text: JSON.object(product.outputs).text, error: error?.description,
      writes: writes.map { $0.following(task) },
      state: product.state, baseline: baseline,
      heldBy: nil)
  }

  /// Runs a hook; its writes and its state go into the product. Answers what it returned.
  private func hook(_ entry: String, _ reference: ScriptReference, arguments: [JSON], into product: inout Product) throws(Problem) -> [JSON] {
    let (values, record) = try run(reference, kind: .hook, named: entry, arguments: arguments, into: &product)
    if let lines = record["log"] { product.outputs["\(entry)_log"] = lines }
    return values
  }

  func run(
    _ reference: ScriptReference, kind: ScriptKind, named entry: String, arguments: [JSON], into product: inout Product
  ) throws(Problem) -> (values: [JSON], record: JSONObject) {
    let session = ScriptSession(host, namespaceID: task.namespaceID, current: current, writes: .gathered, runs: task.depth)
    if let earlier = product.gathering { session.gathering?.see(earlier) }
    let script = try host.script(
      reference, as: kind == .hook ? [.hook] : [.action], in: task.namespaceID, called: "\(trigger?.name ?? trigger?.id ?? task.id) \(entry)")
    let now = host.surroundings.now()
    var context = ScriptSession.moment(now, scheduledAt: current == nil ? nil : task.scheduledAt)
    context["task_id"] = .string(task.id)
    // The trigger's row, its state and the texts of all that are made when the script looks: most of a short run's time would go into them.
    var state = JSONObject()
    let written = product.state
    let run = bench.run(
      script, kind: kind, entry: kind == .hook ? entry : nil, in: task.namespaceID, isolation: reference.isolation, context: context,
      rest: { [current] () throws(Problem) in
        let row = try current?.row()
        state = written ?? row?.state ?? JSONObject()
        var rest = row.map { ScriptSession.about($0, at: now) } ?? JSONObject()
        rest["state"] = .object(state)
        return rest
      }, arguments: arguments,
      session: session, cancellation: cancellation)
    switch run.outcome {
    case .failed(let problem), .killed(let problem): throw problem
    case .returned(let values):
      product.writes += session.gathering?.writes ?? []
      product.gathering = session.gathering
      if case .object(let new)? = run.state, new != state { product.state = new }
      return (values, session.record(of: run))
    }
  }

  private func act(_ config: JSONObject, _ product: inout Product) throws(Problem) {
    switch task.kind {
    case .cluster:
      try ClusterAction(host, task, config, cancellation).perform(&product)
    case .script:
      guard let json = config["script"] else { throw Problem(.invalid, "the action has no script", path: "action_config.script") }
      if let trigger, trigger.isNamespaceHook {
        return try react(to: current?.row() ?? trigger, with: ScriptReference(json, path: "action_config.script"), into: &product)
      }
      let (values, record) = try run(
        ScriptReference(json, path: "action_config.script"), kind: .action, named: "action", arguments: [], into: &product)
      if let first = values.first {
        // Lists of tasks show it with every task.
        guard first.weight <= Self.resultLimit else {
          throw Problem(
            .tooLarge, "the script answers with more than \(Self.resultLimit >> 20) MiB",
            hint: "Keep large things in documents, and answer with a summary")
        }
        product.outputs["result"] = first
      }
      for member in record.members { product.outputs[member.key] = member.value }
    case .batchRerun: try BatchAction(host, bench, task, config, cancellation).rerun(&product)
    case .collectionTrigger: try BatchAction(host, bench, task, config, cancellation).trigger(&product)
    case .taxonomyEnrichment: try TaxonomyEnrichment(host, task, config, cancellation).perform(&product)
    case .retrieverExecution: try RetrieverAction(host, task, current?.row(), config, cancellation).perform(&product)
    case .alertEvaluation: try AlertAction(host, task, config, cancellation).perform(&product)
    case .deleteNamespace:
      throw Problem(.unsupported, "'\(task.kind.rawValue)' is done at once, and no task", path: "action_type")
    }
  }

  /// Conditional triggers compare with what was there when their action last succeeded.
  private func baseline(after product: Product) throws(Problem) -> Baseline? {
    guard case .conditional(let condition)? = trigger?.schedule.when, condition.kind == .drift || condition.kind == .volume,
      let row = try current?.row()
    else { return nil }
    return try BaselineCapture(row, condition, host).baseline(at: host.surroundings.now(), after: product.run)
  }
}
