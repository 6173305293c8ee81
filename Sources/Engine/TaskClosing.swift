import Basics
import Model
import Store

/// What is written about a task's work when the task ends without success: its run, or its batch, gets a last word too.
enum TaskClosing {
  static func writes(_ task: TaskRecord, _ status: TaskRecord.Status, error: Problem?, readers: Readers, at now: Instant) -> [Write] {
    switch task.kind {
    case .cluster:
      let close = ClusterAction.close(task, status == .canceled ? .canceled : .failed, error: error, readers: readers, at: now)
      return close.map { [$0] } ?? []
    case .batchRerun, .collectionTrigger:
      return BatchAction.close(task, status == .canceled ? .canceled : .failed, error: error, readers: readers, at: now)
    case .taxonomyEnrichment, .retrieverExecution, .alertEvaluation, .script, .deleteNamespace: return []
    }
  }
}
