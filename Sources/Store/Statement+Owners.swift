extension Statement {
  /// The statements about owners, namespaces, keys, settings and what is done once; nil for the others.
  var ownersSQL: String? {
    switch self {
    case .takeShard:
      """
      INSERT INTO shards (shard, owner, epoch, expires_at) VALUES ($shard, $owner, 1, $expires_at)
      ON CONFLICT (shard) DO UPDATE SET owner = $owner, epoch = shards.epoch + 1, expires_at = $expires_at RETURNING epoch
      """
    case .guardEpoch: "UPDATE shards SET epoch = epoch WHERE shard = $shard AND epoch = $epoch"
    case .insertNamespace:
      """
      INSERT INTO namespaces (namespace_id, name, description, vector_indexes, mode, shard, created_at, updated_at, max_concurrent_tasks)
      SELECT $namespace_id, $name, $description, $vector_indexes, $mode, $shard, $created_at, $updated_at, $max_concurrent_tasks
      WHERE NOT EXISTS (SELECT 1 FROM namespaces WHERE namespace_id = $name OR name = $namespace_id)
      """
    case .updateNamespace:
      """
      UPDATE namespaces SET name = $name, description = $description, vector_indexes = $vector_indexes, updated_at = $updated_at,
        max_concurrent_tasks = $max_concurrent_tasks, mode = $mode
      WHERE namespace_id = $namespace_id
        AND NOT EXISTS (SELECT 1 FROM namespaces AS other WHERE other.namespace_id = $name AND other.namespace_id <> $namespace_id)
      """
    case .deleteNamespace: "DELETE FROM namespaces WHERE namespace_id = $namespace_id"
    case .namespace:
      """
      SELECT namespace_id, name, description, vector_indexes, mode, created_at, updated_at, max_concurrent_tasks FROM namespaces
      WHERE namespace_id = $identifier OR name = $identifier
      ORDER BY CASE WHEN namespace_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .namespaces:
      """
      SELECT namespace_id, name, description, vector_indexes, mode, created_at, updated_at, max_concurrent_tasks FROM namespaces
      ORDER BY created_at, namespace_id LIMIT $limit OFFSET $offset
      """
    case .countNamespaces: "SELECT count(*) FROM namespaces"
    case .taskLimits: "SELECT namespace_id, max_concurrent_tasks FROM namespaces WHERE max_concurrent_tasks IS NOT NULL ORDER BY namespace_id"
    case .insertIdempotentWrite:
      """
      INSERT INTO idempotent_writes (namespace_id, key, body_hash, answer, created_at) VALUES ($namespace_id, $key, $body_hash, $answer, $created_at)
      """
    case .deleteOldIdempotentWrites: "DELETE FROM idempotent_writes WHERE created_at < $before"
    case .deleteIdempotentWritesOfNamespace: "DELETE FROM idempotent_writes WHERE namespace_id = $namespace_id"
    case .idempotentWrite:
      "SELECT body_hash, answer FROM idempotent_writes WHERE namespace_id = $namespace_id AND key = $key AND created_at >= $after"
    case .namespaceCounts:
      """
      SELECT (SELECT count(*) FROM collections WHERE namespace_id = $namespace_id),
        (SELECT COALESCE(sum(document_count), 0) FROM collections WHERE namespace_id = $namespace_id),
        (SELECT count(*) FROM buckets WHERE namespace_id = $namespace_id),
        (SELECT COALESCE(sum(object_count), 0) FROM buckets WHERE namespace_id = $namespace_id)
      """
    case .insertKey:
      """
      INSERT INTO api_keys (key_id, name, prefix, hash, scopes, namespaces, created_at, expires_at, revoked_at, user_email, description, rate_limit,
        created_by)
      VALUES ($key_id, $name, $prefix, $hash, $scopes, $namespaces, $created_at, $expires_at, $revoked_at, $user_email, $description, $rate_limit,
        $created_by)
      """
    case .updateKey:
      """
      UPDATE api_keys SET name = $name, prefix = $prefix, hash = $hash, scopes = $scopes, namespaces = $namespaces, expires_at = $expires_at,
        description = $description, rate_limit = $rate_limit
      WHERE key_id = $key_id AND hash = $old_hash AND revoked_at IS NULL
      """
    case .revokeKey: "UPDATE api_keys SET revoked_at = $revoked_at WHERE key_id = $key_id AND revoked_at IS NULL"
    case .keyByHash:
      """
      SELECT key_id, name, prefix, hash, scopes, namespaces, created_at, expires_at, revoked_at, user_email, description, rate_limit, created_by
      FROM api_keys WHERE hash = $hash
      """
    case .keys:
      """
      SELECT key_id, name, prefix, hash, scopes, namespaces, created_at, expires_at, revoked_at, user_email, description, rate_limit, created_by
      FROM api_keys ORDER BY created_at, key_id
      """
    case .setValue:
      """
      INSERT INTO kv (namespace_id, key, value, number, expires_at) VALUES ($namespace_id, $key, $value, $number, $expires_at)
      ON CONFLICT (namespace_id, key) DO UPDATE SET value = excluded.value, number = excluded.number, expires_at = excluded.expires_at
      """
    case .incrementValue:
      """
      INSERT INTO kv (namespace_id, key, number, expires_at) VALUES ($namespace_id, $key, $by, $expires_at)
      ON CONFLICT (namespace_id, key) DO UPDATE SET value = NULL,
        number = CASE WHEN kv.expires_at <= $now THEN excluded.number ELSE kv.number + excluded.number END,
        expires_at = CASE WHEN kv.expires_at <= $now THEN excluded.expires_at ELSE COALESCE(excluded.expires_at, kv.expires_at) END
      WHERE kv.number IS NOT NULL OR kv.expires_at <= $now
      RETURNING number
      """
    case .deleteValue: "DELETE FROM kv WHERE namespace_id = $namespace_id AND key = $key"
    case .deleteExpiredValues: "DELETE FROM kv WHERE expires_at <= $now"
    case .deleteValuesOfNamespace: "DELETE FROM kv WHERE namespace_id = $namespace_id"
    case .value: "SELECT value, number FROM kv WHERE namespace_id = $namespace_id AND key = $key AND (expires_at IS NULL OR expires_at > $now)"
    case .values:
      """
      SELECT key, value, number FROM kv
      WHERE namespace_id = $namespace_id AND key >= $from AND substr(key, 1, length($from)) = $from AND (expires_at IS NULL OR expires_at > $now)
      ORDER BY key LIMIT $limit
      """
    default: nil
    }
  }
}
