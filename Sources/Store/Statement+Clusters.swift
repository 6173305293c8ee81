extension Statement {
  /// The statements about clusters, their runs and members; nil for the others.
  var clustersSQL: String? {
    switch self {
    case .insertCluster:
      """
      INSERT INTO clusters (cluster_id, namespace_id, name, description, collection_ids, algorithm, parameters, vector_index, normalize,
      filters, enrich_source, enrichment, output_collection_ids, text_fields, metadata, vector_config, last_run_id, last_task_id,
      created_at, updated_at)
      VALUES ($cluster_id, $namespace_id, $name, $description, $collection_ids, $algorithm, $parameters, $vector_index, $normalize,
      $filters, $enrich_source, $enrichment, $output_collection_ids, $text_fields, $metadata, $vector_config, $last_run_id,
      $last_task_id, $created_at, $updated_at)
      """
    case .updateCluster:
      """
      UPDATE clusters SET name = $name, description = $description, collection_ids = $collection_ids, algorithm = $algorithm, parameters
      = $parameters, vector_index = $vector_index, normalize = $normalize, filters = $filters, enrich_source = $enrich_source,
      enrichment = $enrichment, output_collection_ids = $output_collection_ids, text_fields = $text_fields, metadata = $metadata,
      vector_config = $vector_config, last_run_id = $last_run_id, last_task_id = $last_task_id, updated_at = $updated_at
      WHERE cluster_id = $cluster_id
      """
    case .deleteCluster: "DELETE FROM clusters WHERE cluster_id = $cluster_id"
    case .deleteClustersOfNamespace: "DELETE FROM clusters WHERE namespace_id = $namespace_id"
    case .cluster:
      """
      SELECT cluster_id, namespace_id, name, description, collection_ids, algorithm, parameters, vector_index, normalize, filters,
      enrich_source, enrichment, output_collection_ids, text_fields, metadata, vector_config, last_run_id, last_task_id, created_at,
      updated_at
      FROM clusters WHERE namespace_id = $namespace_id AND (cluster_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN cluster_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .clusters:
      """
      SELECT cluster_id, namespace_id, name, description, collection_ids, algorithm, parameters, vector_index, normalize, filters,
      enrich_source, enrichment, output_collection_ids, text_fields, metadata, vector_config, last_run_id, last_task_id, created_at,
      updated_at
      FROM clusters WHERE namespace_id = $namespace_id ORDER BY created_at, cluster_id LIMIT $limit OFFSET $offset
      """
    case .countClusters: "SELECT count(*) FROM clusters WHERE namespace_id = $namespace_id"
    case .insertRun:
      """
      INSERT INTO cluster_runs (run_id, cluster_id, namespace_id, task_id, status, points, source_documents, groups, centroids, metrics,
      seed, error, created_at, completed_at, details)
      VALUES ($run_id, $cluster_id, $namespace_id, $task_id, $status, $points, $source_documents, $groups, $centroids, $metrics, $seed,
      $error, $created_at, $completed_at, $details)
      """
    case .updateRun:
      """
      UPDATE cluster_runs SET task_id = $task_id, status = $status, points = $points, source_documents = $source_documents, groups =
      $groups, centroids = $centroids, metrics = $metrics, seed = $seed, error = $error, completed_at = $completed_at,
        details = $details
      WHERE run_id = $run_id
      """
    case .pointClusterAtRun:
      """
      UPDATE clusters SET last_run_id = $run_id, last_task_id = $task_id, updated_at = $updated_at WHERE cluster_id = $cluster_id
      """
    case .putMembers:
      """
      INSERT INTO run_members (run_id, cluster_id, namespace_id, documents, collections, ordinals, labels, probabilities, dimensions, coordinates)
      VALUES ($run_id, $cluster_id, $namespace_id, $documents, $collections, $ordinals, $labels, $probabilities, $dimensions, $coordinates)
      ON CONFLICT (run_id) DO UPDATE SET documents = excluded.documents, collections = excluded.collections, ordinals = excluded.ordinals,
        labels = excluded.labels, probabilities = excluded.probabilities, dimensions = excluded.dimensions, coordinates = excluded.coordinates
      """
    case .members:
      """
      SELECT run_id, cluster_id, namespace_id, documents, collections, ordinals, labels, probabilities, dimensions, coordinates
      FROM run_members WHERE run_id = $run_id
      """
    case .deleteMembersBut: "DELETE FROM run_members WHERE cluster_id = $cluster_id AND run_id <> $run_id AND run_id <> $other"
    case .deleteMembersOfCluster: "DELETE FROM run_members WHERE cluster_id = $cluster_id"
    case .deleteMembersOfNamespace: "DELETE FROM run_members WHERE namespace_id = $namespace_id"
    case .deleteRun: "DELETE FROM cluster_runs WHERE run_id = $run_id"
    case .deleteRunsOfCluster: "DELETE FROM cluster_runs WHERE cluster_id = $cluster_id"
    case .deleteRunsOfNamespace: "DELETE FROM cluster_runs WHERE namespace_id = $namespace_id"
    case .run:
      """
      SELECT run_id, cluster_id, namespace_id, task_id, status, points, source_documents, groups, centroids, metrics, seed, error,
      created_at, completed_at, details
      FROM cluster_runs WHERE run_id = $run_id AND namespace_id = $namespace_id
      """
    case .runs:
      """
      SELECT run_id, cluster_id, namespace_id, task_id, status, points, source_documents, groups, centroids, metrics, seed, error,
      created_at, completed_at, details
      FROM cluster_runs WHERE cluster_id = $cluster_id AND status = COALESCE($status, status)
      ORDER BY created_at DESC, run_id DESC LIMIT $limit OFFSET $offset
      """
    case .countRuns: "SELECT count(*) FROM cluster_runs WHERE cluster_id = $cluster_id AND status = COALESCE($status, status)"
    default: nil
    }
  }
}
