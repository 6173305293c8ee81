extension Statement {
  /// The statements about tasks and evaluations; nil for the others.
  var tasksSQL: String? {
    switch self {
    case .unfinishedTaskCounts:
      "SELECT status, count(*) FROM tasks WHERE status IN ('PENDING', 'IN_PROGRESS') GROUP BY status ORDER BY status"
    case .insertTask:
      """
      INSERT INTO tasks (task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at,
      started_at, finished_at, retry_at, depth)
      VALUES ($task_id, $namespace_id, $kind, $status, $trigger_id, $scheduled_at, $inputs, $outputs, $error, $attempt, $created_at,
      $started_at, $finished_at, $retry_at, $depth)
      """
    case .startTask:
      """
      UPDATE tasks SET status = 'IN_PROGRESS', attempt = attempt + 1, fence = fence + 1, started_at = $started_at, retry_at = NULL
      WHERE task_id = $task_id AND attempt = $attempt AND status IN ('PENDING', 'IN_PROGRESS')
      """
    case .finishTask:
      """
      UPDATE tasks SET status = $status, outputs = $outputs, error = $error, finished_at = $finished_at, retry_at = NULL
      WHERE task_id = $task_id AND attempt = COALESCE($attempt, attempt) AND status IN ('PENDING', 'IN_PROGRESS')
      """
    case .repeatTask:
      """
      UPDATE tasks SET status = 'PENDING', outputs = $outputs, error = $error, retry_at = $retry_at
      WHERE task_id = $task_id AND status IN ('PENDING', 'IN_PROGRESS')
      """
    case .reportTask:
      """
      UPDATE tasks SET outputs = $outputs WHERE task_id = $task_id AND attempt = $attempt AND status = 'IN_PROGRESS'
      """
    case .deleteTasksOfNamespace: "DELETE FROM tasks WHERE namespace_id = $namespace_id"
    case .task:
      """
      SELECT task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at, started_at,
      finished_at, retry_at, depth
      FROM tasks WHERE task_id = $task_id AND namespace_id = COALESCE($namespace_id, namespace_id)
      """
    case .tasks:
      """
      SELECT task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at, started_at,
      finished_at, retry_at, depth
      FROM tasks WHERE namespace_id = COALESCE($namespace_id, namespace_id) AND status = COALESCE($status, status) AND kind = COALESCE($kind, kind)
        AND COALESCE(trigger_id, '') = COALESCE($trigger_id, trigger_id, '')
      ORDER BY created_at DESC, task_id DESC LIMIT $limit OFFSET $offset
      """
    case .countTasks:
      """
      SELECT count(*) FROM tasks WHERE namespace_id = COALESCE($namespace_id, namespace_id) AND status = COALESCE($status, status) AND kind = COALESCE($kind, kind)
        AND COALESCE(trigger_id, '') = COALESCE($trigger_id, trigger_id, '')
      """
    case .unfinishedTasks:
      """
      SELECT task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at, started_at,
      finished_at, retry_at, depth
      FROM tasks WHERE status IN ('PENDING', 'IN_PROGRESS') ORDER BY created_at, task_id
      """
    case .insertEvaluation:
      """
      INSERT INTO evaluations (evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at,
      last_at, count)
      VALUES ($evaluation_id, $trigger_id, $namespace_id, $outcome, $reason, $detail, $task_id, $scheduled_at, $first_at, $last_at,
      $count)
      """
    case .coalesceEvaluation: "UPDATE evaluations SET count = count + $by, last_at = $last_at, detail = $detail WHERE evaluation_id = $evaluation_id"
    case .deleteEvaluationsOfTrigger: "DELETE FROM evaluations WHERE trigger_id = $trigger_id"
    case .deleteEvaluationsOfNamespace: "DELETE FROM evaluations WHERE namespace_id = $namespace_id"
    case .evaluations:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at >= $since AND first_at < $until AND outcome = COALESCE($outcome, outcome)
      ORDER BY last_at DESC, evaluation_id DESC LIMIT $limit OFFSET $offset
      """
    case .countEvaluations:
      """
      SELECT count(*) FROM evaluations
      WHERE trigger_id = $trigger_id AND last_at >= $since AND first_at < $until AND outcome = COALESCE($outcome, outcome)
      """
    case .evaluation:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE evaluation_id = $evaluation_id AND namespace_id = $namespace_id
      """
    case .evaluationOfTask:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND task_id = $task_id ORDER BY evaluation_id LIMIT 1
      """
    case .evaluationFrom:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at >= $at ORDER BY last_at, evaluation_id LIMIT 1
      """
    case .evaluationBefore:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at < $at ORDER BY last_at DESC, evaluation_id DESC LIMIT 1
      """
    case .lastFired:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND outcome = 'fired' AND last_at <= $at ORDER BY last_at DESC, evaluation_id DESC LIMIT 1
      """
    case .evaluationsInOrder:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at >= $since AND first_at < $until ORDER BY last_at, evaluation_id LIMIT $limit
      """
    case .evaluationSizes:
      """
      SELECT evaluation_id, trigger_id, last_at, length(detail) + length(reason) FROM evaluations
      WHERE evaluation_id < $before ORDER BY evaluation_id DESC LIMIT $limit
      """
    case .deleteEvaluation: "DELETE FROM evaluations WHERE evaluation_id = $evaluation_id"
    case .noteTask: "UPDATE tasks SET outputs = $outputs WHERE task_id = $task_id AND status = 'IN_PROGRESS'"
    default: nil
    }
  }
}
