extension Statement {
  /// The statements about triggers, calendars and what has happened to a trigger; nil for the others.
  var triggersSQL: String? {
    switch self {
    case .triggerCounts: "SELECT status, count(*) FROM triggers GROUP BY status ORDER BY status"
    case .insertTrigger:
      """
      INSERT INTO triggers (trigger_id, namespace_id, action_type, resource_id, trigger_type, status, last_triggered_at,
      last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures, last_execution_status, last_execution_error,
      event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline, baseline_mean, last_drift_measurement,
      last_volume_measurement, armed, state, fence, created_at, updated_at, created_by, first_event_at, last_event_at, event_depth,
      paused_until)
      VALUES ($trigger_id, $namespace_id, $action_type, $resource_id, $trigger_type, $status, $last_triggered_at,
      $last_execution_task_id, $next_scheduled_at, $execution_count, $consecutive_failures, $last_execution_status, $last_execution_error,
      $event_counter, $event_cursor, $last_cooldown_at, $last_condition_check_at, $baseline, $baseline_mean, $last_drift_measurement,
      $last_volume_measurement, $armed, $state, $fence, $created_at, $updated_at, $created_by, $first_event_at, $last_event_at, $event_depth,
      $paused_until)
      """
    case .updateTrigger:
      """
      UPDATE triggers SET action_type = $action_type, resource_id = $resource_id, trigger_type = $trigger_type, status = $status, last_triggered_at
      = $last_triggered_at, last_execution_task_id = $last_execution_task_id, next_scheduled_at = $next_scheduled_at, execution_count =
      $execution_count, consecutive_failures = $consecutive_failures, last_execution_status = $last_execution_status,
      last_execution_error = $last_execution_error, event_cursor = $event_cursor, last_cooldown_at = $last_cooldown_at,
      last_condition_check_at = $last_condition_check_at, baseline = $baseline, baseline_mean = $baseline_mean, last_drift_measurement =
      $last_drift_measurement, last_volume_measurement = $last_volume_measurement, armed = $armed, state = $state, updated_at =
      $updated_at, paused_until = $paused_until, fence = $fence + 1
      WHERE trigger_id = $trigger_id AND fence = $fence
      """
    case .putTriggerDefinition:
      """
      INSERT INTO trigger_definitions (trigger_id, name, description, action_config, schedule_config)
      VALUES ($trigger_id, $name, $description, $action_config, $schedule_config)
      ON CONFLICT (trigger_id) DO UPDATE SET name = excluded.name, description = excluded.description, action_config = excluded.action_config,
        schedule_config = excluded.schedule_config
      """
    case .claimTrigger:
      """
      UPDATE triggers SET last_triggered_at = $at,
        next_scheduled_at = CASE WHEN $keeps_next = 1 AND event_counter > $consumed THEN next_scheduled_at ELSE $next_scheduled_at END,
        first_event_at = CASE WHEN event_counter > $consumed THEN last_event_at ELSE NULL END,
        event_depth = CASE WHEN event_counter > $consumed THEN event_depth ELSE 0 END,
        last_execution_task_id = COALESCE($task_id, last_execution_task_id), last_cooldown_at = COALESCE($last_cooldown_at, last_cooldown_at),
        event_counter = CASE WHEN event_counter > $consumed THEN event_counter - $consumed ELSE 0 END, armed = $armed, fence = fence + 1,
        chained_at = CASE WHEN chained_at <= $chained_at THEN NULL ELSE chained_at END
      WHERE trigger_id = $trigger_id AND fence = $fence
      """
    case .countEvents:
      """
      UPDATE triggers SET event_counter = event_counter + $by, event_cursor = COALESCE($event_cursor, event_cursor),
        first_event_at = CASE WHEN event_counter + $by > 0 THEN COALESCE(first_event_at, $at) ELSE NULL END,
        last_event_at = COALESCE($at, last_event_at), next_scheduled_at = COALESCE($next_scheduled_at, next_scheduled_at),
        event_depth = CASE WHEN $depth > event_depth THEN $depth ELSE event_depth END
      WHERE trigger_id = $trigger_id
      """
    case .rescheduleTrigger:
      """
      UPDATE triggers SET next_scheduled_at = $next_scheduled_at, armed = COALESCE($armed, armed),
        last_condition_check_at = COALESCE($last_condition_check_at, last_condition_check_at),
        last_drift_measurement = COALESCE($last_drift_measurement, last_drift_measurement),
        last_volume_measurement = COALESCE($last_volume_measurement, last_volume_measurement), state = COALESCE($state, state), fence = fence + 1,
        chained_at = CASE WHEN chained_at <= $chained_at THEN NULL ELSE chained_at END
      WHERE trigger_id = $trigger_id AND fence = $fence
      """
    case .chainTrigger:
      """
      UPDATE triggers SET chained_at = $at, chained_by = $task_id, chained_depth = $depth WHERE trigger_id = $trigger_id AND status = 'active'
      """
    case .resumeTrigger:
      """
      UPDATE triggers SET status = 'active', paused_until = NULL, next_scheduled_at = $next_scheduled_at, updated_at = $at,
        event_cursor = COALESCE($event_cursor, event_cursor), fence = fence + 1
      WHERE trigger_id = $trigger_id AND fence = $fence AND status = 'paused'
      """
    case .settleTrigger:
      """
      UPDATE triggers SET execution_count = execution_count + $executions, consecutive_failures = $consecutive_failures,
        last_execution_status = $last_execution_status, last_execution_error = $last_execution_error,
        baseline = COALESCE($baseline, baseline), baseline_mean = COALESCE($baseline_mean, baseline_mean), state = COALESCE($state, state),
        next_scheduled_at = CASE WHEN $clears_next = 1 THEN NULL ELSE COALESCE($next_scheduled_at, next_scheduled_at) END,
        armed = COALESCE($armed, armed), updated_at = $updated_at
      WHERE trigger_id = $trigger_id
      """
    case .turnTrigger: "UPDATE triggers SET status = $status WHERE trigger_id = $trigger_id"
    case .rememberTrigger:
      """
      UPDATE triggers SET state = COALESCE($state, state), last_drift_measurement = COALESCE($last_drift_measurement, last_drift_measurement),
        last_volume_measurement = COALESCE($last_volume_measurement, last_volume_measurement),
        last_condition_check_at = COALESCE($last_condition_check_at, last_condition_check_at)
      WHERE trigger_id = $trigger_id
      """
    case .noteRunOfTrigger:
      "UPDATE triggers SET last_triggered_at = $at, last_execution_task_id = $task_id WHERE trigger_id = $trigger_id"
    case .deleteTrigger: "DELETE FROM triggers WHERE trigger_id = $trigger_id"
    case .deleteTriggersOfNamespace: "DELETE FROM triggers WHERE namespace_id = $namespace_id"
    case .deleteTriggerDefinition: "DELETE FROM trigger_definitions WHERE trigger_id = $trigger_id"
    case .deleteTriggerDefinitionsOfNamespace:
      "DELETE FROM trigger_definitions WHERE trigger_id IN (SELECT trigger_id FROM triggers WHERE namespace_id = $namespace_id)"
    case .trigger:
      """
      SELECT trigger_id, namespace_id, name, description, action_type, action_config, resource_id, trigger_type, schedule_config,
      status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until, chained_at, chained_by, chained_depth
      FROM triggers JOIN trigger_definitions USING (trigger_id)
      WHERE trigger_id = $trigger_id AND namespace_id = COALESCE($namespace_id, namespace_id)
      """
    case .triggerState:
      """
      SELECT status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until, chained_at, chained_by, chained_depth
      FROM triggers WHERE trigger_id = $trigger_id
      """
    case .activeTriggers:
      """
      SELECT trigger_id, namespace_id, name, description, action_type, action_config, resource_id, trigger_type, schedule_config,
      status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until, chained_at, chained_by, chained_depth
      FROM triggers JOIN trigger_definitions USING (trigger_id) WHERE status = 'active' ORDER BY created_at, trigger_id
      """
    case .wakingTriggers:
      """
      SELECT trigger_id, next_scheduled_at, updated_at, last_triggered_at, last_condition_check_at,
        CASE WHEN status = 'active' AND trigger_type IN ('cron', 'interval') AND chained_at IS NULL THEN 1 ELSE 0 END
      FROM triggers WHERE COALESCE(status, '') IN ('active', 'failed') OR paused_until IS NOT NULL
      """
    case .countBucket:
      """
      INSERT INTO event_buckets (trigger_id, bucket_at, count) VALUES ($trigger_id, $bucket_at, $by)
      ON CONFLICT (trigger_id, bucket_at) DO UPDATE SET count = event_buckets.count + excluded.count
      """
    case .takeBucket: "UPDATE event_buckets SET count = count - $by WHERE trigger_id = $trigger_id AND bucket_at = $bucket_at"
    case .deleteEmptyBuckets: "DELETE FROM event_buckets WHERE trigger_id = $trigger_id AND count <= 0"
    case .deleteBucketsOfTrigger: "DELETE FROM event_buckets WHERE trigger_id = $trigger_id"
    case .deleteBucketsOfNamespace:
      "DELETE FROM event_buckets WHERE trigger_id IN (SELECT trigger_id FROM triggers WHERE namespace_id = $namespace_id)"
    case .buckets: "SELECT bucket_at, count FROM event_buckets WHERE trigger_id = $trigger_id ORDER BY bucket_at"
    case .recordedFires:
      """
      SELECT task_id, scheduled_at, status, created_at, started_at, finished_at FROM tasks
      WHERE trigger_id = $trigger_id AND scheduled_at >= $from AND scheduled_at < $to ORDER BY scheduled_at, task_id LIMIT $limit
      """
    case .putCalendar:
      """
      INSERT INTO calendars (namespace_id, name, description, exclusions, created_at, updated_at)
      VALUES ($namespace_id, $name, $description, $exclusions, $created_at, $updated_at)
      ON CONFLICT (namespace_id, name) DO UPDATE SET description = excluded.description, exclusions = excluded.exclusions,
        updated_at = excluded.updated_at
      """
    case .deleteCalendar: "DELETE FROM calendars WHERE namespace_id = $namespace_id AND name = $name"
    case .deleteCalendarsOfNamespace: "DELETE FROM calendars WHERE namespace_id = $namespace_id"
    case .calendar:
      """
      SELECT namespace_id, name, description, exclusions, created_at, updated_at FROM calendars WHERE namespace_id = $namespace_id AND name = $name
      """
    case .calendars:
      """
      SELECT namespace_id, name, description, exclusions, created_at, updated_at FROM calendars WHERE namespace_id = $namespace_id ORDER BY name
      """
    case .countUnfinished: "SELECT count(*) FROM tasks WHERE trigger_id = $trigger_id AND status IN ('PENDING', 'IN_PROGRESS')"
    default: nil
    }
  }
}
