extension Statement {
  /// The statements about retrievers, alerts and what they saw; nil for the others.
  var retrievalSQL: String? {
    switch self {
    case .insertRetriever:
      """
      INSERT INTO retrievers (retriever_id, namespace_id, name, description, version, definition, created_at, updated_at, created_by)
      VALUES ($retriever_id, $namespace_id, $name, $description, $version, $definition, $created_at, $updated_at, $created_by)
      """
    case .updateRetriever:
      """
      UPDATE retrievers SET name = $name, description = $description, version = $version, definition = $definition, updated_at = $updated_at
      WHERE retriever_id = $retriever_id AND version = $expected
      """
    case .deleteRetriever: "DELETE FROM retrievers WHERE retriever_id = $retriever_id"
    case .deleteRetrieversOfNamespace: "DELETE FROM retrievers WHERE namespace_id = $namespace_id"
    case .retriever:
      """
      SELECT retriever_id, namespace_id, name, description, version, definition, created_at, updated_at, created_by FROM retrievers
      WHERE namespace_id = $namespace_id AND (retriever_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN retriever_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .retrievers:
      """
      SELECT retriever_id, namespace_id, name, description, version, definition, created_at, updated_at, created_by FROM retrievers
      WHERE namespace_id = $namespace_id ORDER BY created_at, retriever_id LIMIT $limit OFFSET $offset
      """
    case .countRetrievers: "SELECT count(*) FROM retrievers WHERE namespace_id = $namespace_id"
    case .insertRetrieval:
      """
      INSERT INTO retriever_executions
        (execution_id, retriever_id, namespace_id, status, created_at, completed_at, milliseconds, processed, returned, details)
      VALUES
        ($execution_id, $retriever_id, $namespace_id, $status, $created_at, $completed_at, $milliseconds, $processed, $returned, $details)
      """
    case .deleteRetrievalsOfRetriever: "DELETE FROM retriever_executions WHERE retriever_id = $retriever_id"
    case .deleteRetrievalsOfNamespace: "DELETE FROM retriever_executions WHERE namespace_id = $namespace_id"
    case .deleteOldRetrievals:
      """
      DELETE FROM retriever_executions WHERE retriever_id = $retriever_id AND execution_id IN (
        SELECT execution_id FROM retriever_executions WHERE retriever_id = $retriever_id
        ORDER BY created_at DESC, execution_id DESC LIMIT $limit OFFSET $keep)
      """
    case .retrieval:
      """
      SELECT execution_id, retriever_id, namespace_id, status, created_at, completed_at, milliseconds, processed, returned, details
      FROM retriever_executions WHERE retriever_id = $retriever_id AND execution_id = $execution_id
      """
    case .retrievals:
      """
      SELECT execution_id, retriever_id, namespace_id, status, created_at, completed_at, milliseconds, processed, returned, details
      FROM retriever_executions WHERE retriever_id = $retriever_id AND status = COALESCE($status, status)
      ORDER BY created_at DESC, execution_id DESC LIMIT $limit OFFSET $offset
      """
    case .countRetrievals:
      "SELECT count(*) FROM retriever_executions WHERE retriever_id = $retriever_id AND status = COALESCE($status, status)"
    case .insertAlert:
      """
      INSERT INTO alerts (alert_id, namespace_id, name, retriever_id, definition, last_fired_at, raised, created_at, updated_at)
      VALUES ($alert_id, $namespace_id, $name, $retriever_id, $definition, $last_fired_at, $raised, $created_at, $updated_at)
      """
    case .updateAlert:
      """
      UPDATE alerts SET name = $name, retriever_id = $retriever_id, definition = $definition, updated_at = $updated_at
      WHERE alert_id = $alert_id
      """
    case .fireAlert: "UPDATE alerts SET last_fired_at = COALESCE($last_fired_at, last_fired_at), raised = $raised WHERE alert_id = $alert_id"
    case .deleteAlert: "DELETE FROM alerts WHERE alert_id = $alert_id"
    case .deleteAlertsOfNamespace: "DELETE FROM alerts WHERE namespace_id = $namespace_id"
    case .alert:
      """
      SELECT alert_id, namespace_id, definition, last_fired_at, raised, created_at, updated_at FROM alerts
      WHERE namespace_id = $namespace_id AND (alert_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN alert_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .alerts:
      """
      SELECT alert_id, namespace_id, definition, last_fired_at, raised, created_at, updated_at FROM alerts
      WHERE namespace_id = $namespace_id ORDER BY created_at, alert_id LIMIT $limit OFFSET $offset
      """
    case .countAlerts: "SELECT count(*) FROM alerts WHERE namespace_id = $namespace_id"
    case .insertAlertExecution:
      """
      INSERT INTO alert_executions (execution_id, alert_id, namespace_id, collection_id, triggered, match_count, executed_at, milliseconds, details)
      VALUES ($execution_id, $alert_id, $namespace_id, $collection_id, $triggered, $match_count, $executed_at, $milliseconds, $details)
      """
    case .deleteExecutionsOfAlert: "DELETE FROM alert_executions WHERE alert_id = $alert_id"
    case .deleteAlertExecutionsOfNamespace: "DELETE FROM alert_executions WHERE namespace_id = $namespace_id"
    case .deleteOldAlertExecutions:
      """
      DELETE FROM alert_executions WHERE alert_id = $alert_id AND execution_id IN (
        SELECT execution_id FROM alert_executions WHERE alert_id = $alert_id
        ORDER BY executed_at DESC, execution_id DESC LIMIT $limit OFFSET $keep)
      """
    case .alertExecution:
      """
      SELECT execution_id, alert_id, namespace_id, collection_id, triggered, match_count, executed_at, milliseconds, details
      FROM alert_executions WHERE namespace_id = $namespace_id AND execution_id = $execution_id
      """
    case .alertExecutions:
      """
      SELECT execution_id, alert_id, namespace_id, collection_id, triggered, match_count, executed_at, milliseconds, details
      FROM alert_executions WHERE namespace_id = $namespace_id AND alert_id = COALESCE($alert_id, alert_id)
      ORDER BY executed_at DESC, execution_id DESC LIMIT $limit OFFSET $offset
      """
    case .countAlertExecutions:
      "SELECT count(*) FROM alert_executions WHERE namespace_id = $namespace_id AND alert_id = COALESCE($alert_id, alert_id)"
    case .putApplication:
      """
      INSERT INTO alert_applications (collection_id, alert_id, namespace_id, ordinal, definition, trigger_id, seen)
      VALUES ($collection_id, $alert_id, $namespace_id, $ordinal, $definition, $trigger_id, $seen)
      ON CONFLICT (collection_id, alert_id) DO UPDATE SET ordinal = $ordinal, definition = $definition, trigger_id = $trigger_id
      """
    case .moveApplication:
      "UPDATE alert_applications SET seen = $seen WHERE collection_id = $collection_id AND alert_id = $alert_id AND seen <= $seen"
    case .deleteApplication: "DELETE FROM alert_applications WHERE collection_id = $collection_id AND alert_id = $alert_id"
    case .deleteApplicationsOfAlert: "DELETE FROM alert_applications WHERE alert_id = $alert_id"
    case .deleteApplicationsOfCollection: "DELETE FROM alert_applications WHERE collection_id = $collection_id"
    case .deleteApplicationsOfNamespace: "DELETE FROM alert_applications WHERE namespace_id = $namespace_id"
    case .application:
      """
      SELECT collection_id, alert_id, definition, trigger_id, seen FROM alert_applications
      WHERE collection_id = $collection_id AND alert_id = $alert_id
      """
    case .applicationsOfCollection:
      """
      SELECT collection_id, alert_id, definition, trigger_id, seen FROM alert_applications WHERE collection_id = $collection_id
      ORDER BY ordinal, alert_id
      """
    case .applicationsOfAlert:
      """
      SELECT collection_id, alert_id, definition, trigger_id, seen FROM alert_applications WHERE alert_id = $alert_id
      ORDER BY collection_id
      """
    default: nil
    }
  }
}
