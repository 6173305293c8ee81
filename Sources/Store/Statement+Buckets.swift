extension Statement {
  /// The statements about buckets, their objects, batches and what extractors have learnt; nil for the others.
  var bucketsSQL: String? {
    switch self {
    case .insertBucket:
      """
      INSERT INTO buckets (bucket_id, namespace_id, name, description, schema, unique_key, metadata, object_count, failed_count, total_bytes,
      last_upload_at, created_at, updated_at) VALUES ($bucket_id, $namespace_id, $name, $description, $schema, $unique_key, $metadata,
      $object_count, $failed_count, $total_bytes, $last_upload_at, $created_at, $updated_at)
      """
    case .updateBucket:
      """
      UPDATE buckets SET name = $name, description = $description, schema = $schema, unique_key = $unique_key, metadata = $metadata,
      updated_at = $updated_at WHERE bucket_id = $bucket_id
      """
    case .adjustBucket:
      """
      UPDATE buckets SET object_count = object_count + $objects, total_bytes = total_bytes + $bytes, last_upload_at = COALESCE($at,
      last_upload_at) WHERE bucket_id = $bucket_id
      """
    case .deleteBucket: "DELETE FROM buckets WHERE bucket_id = $bucket_id"
    case .deleteBucketStoresOfNamespace: "DELETE FROM buckets WHERE namespace_id = $namespace_id"
    case .bucket:
      """
      SELECT bucket_id, namespace_id, name, description, schema, unique_key, metadata, object_count, failed_count, total_bytes,
      last_upload_at, created_at, updated_at FROM buckets WHERE namespace_id = $namespace_id AND (bucket_id = $identifier OR name =
      $identifier) ORDER BY CASE WHEN bucket_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .bucketStores:
      """
      SELECT bucket_id, namespace_id, name, description, schema, unique_key, metadata, object_count, failed_count, total_bytes,
      last_upload_at, created_at, updated_at FROM buckets WHERE namespace_id = $namespace_id ORDER BY created_at, bucket_id LIMIT $limit
      OFFSET $offset
      """
    case .countBuckets: "SELECT count(*) FROM buckets WHERE namespace_id = $namespace_id"
    case .insertObject:
      """
      INSERT INTO bucket_objects (object_id, bucket_id, namespace_id, key_prefix, body, size, content_hash, unique_key, idempotency_key,
      status, error, created_at, updated_at) VALUES ($object_id, $bucket_id, $namespace_id, $key_prefix, $body, $size, $content_hash,
      $unique_key, $idempotency_key, $status, $error, $created_at, $updated_at)
      """
    case .updateObject:
      """
      UPDATE bucket_objects SET key_prefix = $key_prefix, body = $body, size = $size, content_hash = $content_hash, unique_key = $unique_key,
      status = $status, error = $error, updated_at = $updated_at WHERE bucket_id = $bucket_id AND object_id = $object_id AND body = $expected
      """
    case .markObject: "UPDATE bucket_objects SET status = $status, error = $error WHERE bucket_id = $bucket_id AND object_id = $object_id"
    case .recountFailedObjects:
      """
      UPDATE buckets SET failed_count = (
        SELECT count(*) FROM bucket_objects WHERE bucket_objects.bucket_id = buckets.bucket_id AND bucket_objects.status = 'FAILED')
      WHERE bucket_id IN (SELECT source_id FROM batch_members WHERE batch_id = $batch_id)
      """
    case .deleteObject: "DELETE FROM bucket_objects WHERE bucket_id = $bucket_id AND object_id = $object_id"
    case .deleteObjectsOfBucket: "DELETE FROM bucket_objects WHERE bucket_id = $bucket_id"
    case .deleteObjectsOfNamespace:
      """
      DELETE FROM bucket_objects WHERE bucket_id IN (SELECT bucket_id FROM buckets WHERE namespace_id = $namespace_id)
      """
    case .object:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND object_id = $object_id
      """
    case .objectByUniqueKey:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND unique_key = $unique_key
      """
    case .objectByIdempotency:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND idempotency_key = $idempotency_key
      """
    case .objectByHash:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND content_hash = $content_hash ORDER BY object_id LIMIT 1
      """
    case .objectsAfter:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND object_id > $after ORDER BY object_id LIMIT $limit
      """
    case .objectIDsAfter:
      """
      SELECT object_id FROM bucket_objects WHERE bucket_id = $bucket_id AND object_id > $after ORDER BY object_id LIMIT $limit
      """
    case .insertBatch:
      """
      INSERT INTO batches (batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error,
      message, total, processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at) VALUES
      ($batch_id, $namespace_id, $bucket_id, $kind, $name, $status, $collection_ids, $tiers, $dedup, $metadata, $task_id, $error, $message,
      $total, $processed, $failed, $skipped, $written, $replaced, $retries, $created_at, $updated_at, $started_at, $finished_at)
      """
    case .updateBatch:
      """
      UPDATE batches SET name = $name, metadata = $metadata, message = $message, updated_at = $updated_at WHERE batch_id = $batch_id
      """
    case .claimBatch:
      """
      UPDATE batches SET status = $status, collection_ids = $collection_ids, tiers = $tiers, task_id = $task_id, error = NULL, message = NULL,
      total = $total, processed = $processed, failed = $failed, skipped = $skipped, written = $written, replaced = $replaced, retries =
      $retries, started_at = NULL, finished_at = NULL, updated_at = $updated_at WHERE batch_id = $batch_id AND status = $expected AND
      COALESCE(task_id, '') = COALESCE($expected_task, '')
      """
    case .moveBatch:
      """
      UPDATE batches SET status = 'IN_PROGRESS', processed = $processed, failed = $failed, skipped = $skipped, written = $written, replaced =
      $replaced, started_at = COALESCE(started_at, $at), updated_at = $at WHERE batch_id = $batch_id AND task_id = $task_id AND status IN
      ('PENDING', 'IN_PROGRESS')
      """
    case .finishBatch:
      """
      UPDATE batches SET status = $status, error = $error, finished_at = $at, updated_at = $at WHERE batch_id = $batch_id AND task_id =
      $task_id AND status IN ('PENDING', 'IN_PROGRESS', 'DRAFT')
      """
    case .deleteBatch: "DELETE FROM batches WHERE batch_id = $batch_id AND status NOT IN ('PENDING', 'IN_PROGRESS')"
    case .deleteBatchesOfNamespace: "DELETE FROM batches WHERE namespace_id = $namespace_id"
    case .batch:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE batch_id =
      $batch_id AND namespace_id = COALESCE($namespace_id, namespace_id)
      """
    case .batches:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE namespace_id
      = COALESCE($namespace_id, namespace_id) AND bucket_id = COALESCE($bucket_id, bucket_id) AND status = COALESCE($status, status) AND
      collection_ids LIKE $pattern ORDER BY created_at DESC, batch_id DESC LIMIT $limit OFFSET $offset
      """
    case .countBatches:
      """
      SELECT count(*) FROM batches WHERE namespace_id = COALESCE($namespace_id, namespace_id) AND bucket_id = COALESCE($bucket_id, bucket_id)
      AND status = COALESCE($status, status) AND collection_ids LIKE $pattern
      """
    case .lastBatchOfCollection:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE namespace_id
      = $namespace_id AND collection_ids LIKE $pattern AND status IN ('COMPLETED', 'COMPLETED_WITH_ERRORS', 'FAILED') ORDER BY finished_at
      DESC NULLS LAST, batch_id DESC LIMIT 1
      """
    case .batchOfTask:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE namespace_id
      = $namespace_id AND task_id = $task_id ORDER BY batch_id LIMIT 1
      """
    case .insertMember:
      """
      INSERT INTO batch_members (batch_id, ordinal, source_id, object_id, status, error, error_kind, at, failures) VALUES ($batch_id,
      $ordinal, $source_id, $object_id, 'PENDING', NULL, 'permanent', NULL, 0)
      """
    case .markMember:
      """
      UPDATE batch_members SET status = $status, error = $error, error_kind = $error_kind, at = $at, failures = $failures WHERE batch_id =
      $batch_id AND ordinal = $ordinal
      """
    case .resetMembers: "UPDATE batch_members SET status = 'PENDING', error = NULL, failures = 0 WHERE batch_id = $batch_id"
    case .resetFailedMembers:
      """
      UPDATE batch_members SET status = 'PENDING' WHERE batch_id = $batch_id AND (status = 'PENDING' OR status = 'FAILED' AND error_kind =
      COALESCE($error_kind, error_kind) AND failures < $most)
      """
    case .deleteMembers: "DELETE FROM batch_members WHERE batch_id = $batch_id"
    case .deleteBatchMembersOfNamespace:
      """
      DELETE FROM batch_members WHERE batch_id IN (SELECT batch_id FROM batches WHERE namespace_id = $namespace_id)
      """
    case .pendingMembers:
      """
      SELECT ordinal, source_id, object_id, status, error, error_kind, at, failures FROM batch_members WHERE batch_id = $batch_id AND status =
      'PENDING' ORDER BY ordinal LIMIT $limit
      """
    case .failedMembers:
      """
      SELECT ordinal, source_id, object_id, status, error, error_kind, at, failures FROM batch_members WHERE batch_id = $batch_id AND status =
      'FAILED' ORDER BY ordinal, object_id LIMIT $limit OFFSET $offset
      """
    case .countMembers:
      """
      SELECT status, error_kind, failures, count(*) FROM batch_members WHERE batch_id = $batch_id GROUP BY status, error_kind, failures
      """
    case .memberIDs: "SELECT object_id FROM batch_members WHERE batch_id = $batch_id ORDER BY ordinal LIMIT $limit"
    case .membersAfter:
      """
      SELECT ordinal, source_id, object_id, status, error, error_kind, at, failures FROM batch_members WHERE batch_id = $batch_id AND ordinal
      > $after ORDER BY ordinal LIMIT $limit
      """
    case .putWordCounts:
      """
      INSERT INTO word_counts (collection_id, documents, counts, version) VALUES ($collection_id, $documents, $counts, $version + 1) ON
      CONFLICT (collection_id) DO UPDATE SET documents = excluded.documents, counts = excluded.counts, version = excluded.version WHERE
      word_counts.version = $version
      """
    case .deleteWordCounts: "DELETE FROM word_counts WHERE collection_id = $collection_id"
    case .deleteWordCountsOfNamespace:
      """
      DELETE FROM word_counts WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .wordCounts: "SELECT documents, counts, version FROM word_counts WHERE collection_id = $collection_id"
    default: nil
    }
  }
}
