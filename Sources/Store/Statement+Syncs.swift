extension Statement {
  /// The statements about syncs of buckets with folders; nil for the others.
  var syncsSQL: String? {
    switch self {
    case .insertSync:
      """
      INSERT INTO syncs (sync_config_id, bucket_id, namespace_id, definition, is_active, state, created_at, updated_at)
      VALUES ($sync_config_id, $bucket_id, $namespace_id, $definition, $is_active, $state, $created_at, $updated_at)
      """
    case .updateSync:
      "UPDATE syncs SET definition = $definition, is_active = $is_active, updated_at = $updated_at WHERE sync_config_id = $sync_config_id"
    case .noteSync:
      // A pause that came meanwhile stays.
      """
      UPDATE syncs SET state = $state, is_active = CASE WHEN $is_active = 0 THEN 0 ELSE is_active END WHERE sync_config_id = $sync_config_id
      """
    case .deleteSync: "DELETE FROM syncs WHERE sync_config_id = $sync_config_id"
    case .deleteSyncsOfBucket: "DELETE FROM syncs WHERE bucket_id = $bucket_id"
    case .deleteSyncsOfNamespace: "DELETE FROM syncs WHERE namespace_id = $namespace_id"
    case .sync:
      """
      SELECT sync_config_id, bucket_id, namespace_id, definition, is_active, state, created_at, updated_at
      FROM syncs WHERE sync_config_id = $sync_config_id AND bucket_id = COALESCE($bucket_id, bucket_id)
      """
    case .syncs:
      """
      SELECT sync_config_id, bucket_id, namespace_id, definition, is_active, state, created_at, updated_at
      FROM syncs WHERE bucket_id = COALESCE($bucket_id, bucket_id) ORDER BY created_at DESC, sync_config_id
      """
    case .putSyncFile:
      """
      INSERT INTO sync_files (sync_config_id, path, size, modified, hash, generation, objects, failures, error, first_failed_at, updated_at)
      SELECT sync_config_id, $path, $size, $modified, $hash, $generation, $objects, $failures, $error, $first_failed_at, $updated_at
      FROM syncs WHERE sync_config_id = $sync_config_id
      ON CONFLICT (sync_config_id, path) DO UPDATE SET size = excluded.size, modified = excluded.modified, hash = excluded.hash,
        generation = excluded.generation, objects = excluded.objects, failures = excluded.failures, error = excluded.error,
        first_failed_at = excluded.first_failed_at, updated_at = excluded.updated_at
      """
    case .deleteSyncFile: "DELETE FROM sync_files WHERE sync_config_id = $sync_config_id AND path = $path"
    case .deleteSyncFiles: "DELETE FROM sync_files WHERE sync_config_id = $sync_config_id"
    case .deleteSyncFilesOfBucket:
      "DELETE FROM sync_files WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE bucket_id = $bucket_id)"
    case .deleteSyncFilesOfNamespace:
      "DELETE FROM sync_files WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE namespace_id = $namespace_id)"
    case .syncFiles:
      """
      SELECT path, size, modified, hash, generation, objects, failures, error, first_failed_at, updated_at
      FROM sync_files WHERE sync_config_id = $sync_config_id ORDER BY path
      """
    case .failedSyncFiles:
      """
      SELECT path, size, modified, hash, generation, objects, failures, error, first_failed_at, updated_at
      FROM sync_files WHERE sync_config_id = $sync_config_id AND error IS NOT NULL ORDER BY sync_config_id, path LIMIT $limit OFFSET $offset
      """
    case .countFailedSyncFiles: "SELECT count(*) FROM sync_files WHERE sync_config_id = $sync_config_id AND error IS NOT NULL"
    case .putSyncObject:
      """
      INSERT INTO sync_objects (sync_config_id, object_id, path, generation, pending) VALUES ($sync_config_id, $object_id, $path, $generation, $pending)
      ON CONFLICT (sync_config_id, object_id) DO UPDATE SET path = excluded.path, generation = excluded.generation,
        pending = CASE WHEN excluded.pending = 1 THEN 1 ELSE sync_objects.pending END
      """
    case .markSyncObject: "UPDATE sync_objects SET pending = 0 WHERE sync_config_id = $sync_config_id AND object_id = $object_id"
    case .deleteSyncObject: "DELETE FROM sync_objects WHERE sync_config_id = $sync_config_id AND object_id = $object_id"
    case .deleteSyncObjects: "DELETE FROM sync_objects WHERE sync_config_id = $sync_config_id"
    case .deleteSyncObjectsOfBucket:
      "DELETE FROM sync_objects WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE bucket_id = $bucket_id)"
    case .deleteSyncObjectsOfNamespace:
      "DELETE FROM sync_objects WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE namespace_id = $namespace_id)"
    case .oldSyncObjects:
      """
      SELECT object_id FROM sync_objects WHERE sync_config_id = $sync_config_id AND path = $path AND generation < $generation
      ORDER BY object_id LIMIT $limit
      """
    case .pendingSyncObjects:
      "SELECT object_id FROM sync_objects WHERE sync_config_id = $sync_config_id AND pending = 1 ORDER BY object_id LIMIT $limit"
    case .putSyncJob:
      """
      INSERT INTO sync_jobs (sync_job_id, sync_config_id, status, body, started_at)
      SELECT $sync_job_id, sync_config_id, $status, $body, $started_at FROM syncs WHERE sync_config_id = $sync_config_id
      ON CONFLICT (sync_job_id) DO UPDATE SET status = excluded.status, body = excluded.body
      """
    case .deleteSyncJobs: "DELETE FROM sync_jobs WHERE sync_config_id = $sync_config_id"
    case .deleteSyncJobsOfBucket:
      "DELETE FROM sync_jobs WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE bucket_id = $bucket_id)"
    case .deleteSyncJobsOfNamespace:
      "DELETE FROM sync_jobs WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE namespace_id = $namespace_id)"
    case .deleteOldSyncJobs:
      """
      DELETE FROM sync_jobs WHERE sync_config_id = $sync_config_id AND started_at < COALESCE((SELECT started_at FROM sync_jobs
        WHERE sync_config_id = $sync_config_id ORDER BY started_at DESC, sync_job_id LIMIT 1 OFFSET $keep), 0)
      """
    case .syncJob: "SELECT body FROM sync_jobs WHERE sync_job_id = $sync_job_id AND sync_config_id = $sync_config_id"
    case .syncJobs:
      """
      SELECT body FROM sync_jobs WHERE sync_config_id = $sync_config_id AND status = COALESCE($status, status)
      ORDER BY started_at DESC, sync_job_id LIMIT $limit OFFSET $offset
      """
    case .countSyncJobs: "SELECT count(*) FROM sync_jobs WHERE sync_config_id = $sync_config_id AND status = COALESCE($status, status)"
    default: nil
    }
  }
}
