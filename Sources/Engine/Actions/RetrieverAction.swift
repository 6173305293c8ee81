import Basics
import Model
import Store

/// The action `retriever_execution`: a retriever executed on a schedule, and judged by what it has to reach.
struct RetrieverAction {
  /// The best of them stand in the task.
  private static let shown = 10
  /// What is judged by a field of its own is judged whole, up to this many.
  private static let most = 500

  private let host: Host
  private let task: TaskRecord
  private let trigger: Trigger?
  private let config: JSONObject
  private let cancellation: Cancellation

  init(_ host: Host, _ task: TaskRecord, _ trigger: Trigger?, _ config: JSONObject, _ cancellation: Cancellation) {
    (self.host, self.task, self.trigger, self.config, self.cancellation) = (host, task, trigger, config, cancellation)
  }

  func perform(_ product: inout TaskRun.Product) throws(Problem) {
    let fields = try Fields(.object(config), path: "action_config")
    let retriever = try host.retriever(
      fields.required("retriever_id", example: "\"ret_1\""), in: task.namespaceID, path: fields.at("retriever_id"))
    let acceptance = try Acceptance(fields["acceptance"], path: fields.at("acceptance"))
    let filter = try fields["filters"].map { json throws(Problem) in try Filter(json, path: fields.at("filters")) }
    let report: RetrievalReport
    do throws(Problem) {
      report = try RetrievalReport(
        host, retriever, inputs: try fields.objectValue("inputs") ?? JSONObject(), filter: filter, page: RetrievalPage(limit: Self.most),
        isKept: true,
        cancellation: cancellation)
    } catch {
      if error.kind != .cancelled { try notify(fields, retriever, verdict: nil, error: error, &product) }
      throw error
    }
    let outcome = report.outcome
    product.outputs = [
      "retriever_id": .string(retriever.id), "retriever_name": .string(retriever.name), "execution_id": .string(report.executionID),
      "results": .int(outcome.total), "total_time_ms": .double(outcome.milliseconds),
      "documents": .array(
        outcome.hits.prefix(Self.shown).map {
          ["document_id": .string($0.document.id), "collection_id": .string($0.collectionID), "score": .optional($0.score)]
        }),
      "stage_statistics": outcome.statistics,
    ]
    guard let acceptance else { return try notify(fields, retriever, verdict: nil, error: nil, &product) }
    let verdict = acceptance.verdict(
      results: report.documents, count: outcome.total, milliseconds: outcome.milliseconds, stageBreaches: outcome.stages.count(where: \.isLate))
    product.outputs["acceptance"] = verdict.json
    if !verdict.passed {
      product.failure = Problem(
        .invalid, "the retriever '\(retriever.name)' did not reach what is asked of it: \(verdict.breaches.joined(separator: "; "))",
        path: "action_config.acceptance")
    }
    try notify(fields, retriever, verdict: verdict, error: nil, &product)
  }

  /// Tells the channels of the configuration, when its `notify_on` says so.
  private func notify(
    _ fields: Fields, _ retriever: Retriever, verdict: Acceptance.Verdict?, error: Problem?, _ product: inout TaskRun.Product
  ) throws(Problem) {
    guard let json = fields["notification_config"] else { return }
    let config = try CheckNotification(json, path: fields.at("notification_config"))
    let passed = error == nil && verdict?.passed ?? true
    guard config.speaks(passed: passed, before: trigger?.lastExecutionStatus.map { $0 == TaskRecord.Status.completed.rawValue }) else { return }
    let payload: JSONObject = [
      "retriever_id": .string(retriever.id), "retriever_name": .string(retriever.name), "task_id": .string(task.id),
      "trigger_id": .optional(task.triggerID), "passed": .bool(passed), "acceptance": verdict?.json ?? .null,
      "error": .optional(config.includesDiagnostics ? error?.description : error.map { _ in "the retriever did not complete" }),
    ]
    product.outputs["deliveries"] = Notifier(host, namespaceID: task.namespaceID).tell(config.channels, "retriever.check", payload)
  }
}
