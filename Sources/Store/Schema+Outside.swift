extension Schema {
  /// Webhooks with their deliveries, and folders that buckets follow.
  static let outside = """
    -- 'cursor': the last event that is settled. Deliveries are noted in the transaction that moves it.
    CREATE TABLE webhooks (
      webhook_id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, is_active INTEGER NOT NULL,
      cursor INTEGER NOT NULL, next_attempt_at INTEGER, health TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;

    CREATE TABLE webhook_deliveries (
      delivery_id TEXT PRIMARY KEY NOT NULL, webhook_id TEXT NOT NULL, seq INTEGER NOT NULL, namespace_id TEXT NOT NULL,
      event_type TEXT NOT NULL, message_id TEXT NOT NULL, channel INTEGER NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL,
      status_code INTEGER, error TEXT, response TEXT, duration_ms INTEGER, next_attempt_at INTEGER, created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL) STRICT;
    CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (webhook_id, seq, delivery_id);

    CREATE TABLE syncs (
      sync_config_id TEXT PRIMARY KEY NOT NULL, bucket_id TEXT NOT NULL REFERENCES buckets, namespace_id TEXT NOT NULL,
      definition TEXT NOT NULL, is_active INTEGER NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
    CREATE INDEX syncs_by_bucket ON syncs (bucket_id, created_at, sync_config_id);

    -- Each file as it was when it was taken in: 'modified' in nanoseconds, 'generation' counts how often.
    CREATE TABLE sync_files (
      sync_config_id TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, hash TEXT NOT NULL,
      generation INTEGER NOT NULL, objects INTEGER NOT NULL, failures INTEGER NOT NULL, error TEXT, first_failed_at INTEGER,
      updated_at INTEGER NOT NULL, PRIMARY KEY (sync_config_id, path)) STRICT;

    -- Which objects came of which file; those of an older generation are not in it any more. 'pending': no batch has taken it yet.
    CREATE TABLE sync_objects (
      sync_config_id TEXT NOT NULL, object_id TEXT NOT NULL, path TEXT NOT NULL, generation INTEGER NOT NULL, pending INTEGER NOT NULL,
      PRIMARY KEY (sync_config_id, object_id)) STRICT;
    CREATE INDEX sync_objects_pending ON sync_objects (sync_config_id, object_id) WHERE pending = 1;
    CREATE INDEX sync_objects_by_path ON sync_objects (sync_config_id, path, generation);

    CREATE TABLE sync_jobs (
      sync_job_id TEXT PRIMARY KEY NOT NULL, sync_config_id TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL,
      started_at INTEGER NOT NULL) STRICT;
    CREATE INDEX sync_jobs_by_sync ON sync_jobs (sync_config_id, started_at, sync_job_id);
    """
}
