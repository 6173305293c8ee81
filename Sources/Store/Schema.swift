/// The tables, as SQLite has them. Another database has a text of its own for the same columns.
///
/// Every identifier is ours and every time is milliseconds that were handed in. JSON is opaque text: what the host filters, sorts
/// or counts is a column. The one exception is `documents.body`, whose fields `FilterSQL` looks into.
enum Schema {
  /// Version 1.
  static let first = """
    CREATE TABLE namespaces (
      namespace_id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, description TEXT, vector_indexes TEXT NOT NULL,
      shard INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;

    -- Who runs the triggers of which namespaces. One host owns everything and needs no row here; a fleet writes its leases.
    CREATE TABLE shards (shard INTEGER PRIMARY KEY NOT NULL, owner TEXT, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;

    CREATE TABLE api_keys (
      key_id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, prefix TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL,
      namespaces TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER) STRICT;

    CREATE TABLE collections (
      collection_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, description TEXT,
      metadata TEXT NOT NULL, source TEXT NOT NULL, extractor TEXT NOT NULL, document_count INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (namespace_id, name)) STRICT;

    CREATE TABLE vector_indexes (
      collection_id TEXT NOT NULL REFERENCES collections, name TEXT NOT NULL, ordinal INTEGER NOT NULL, dimensions INTEGER NOT NULL,
      metric TEXT NOT NULL, PRIMARY KEY (collection_id, name)) STRICT;

    -- 'position' counts insertions: lists go by it, cursors point at it.
    CREATE TABLE documents (
      collection_id TEXT NOT NULL REFERENCES collections, document_id TEXT NOT NULL, namespace_id TEXT NOT NULL, position INTEGER NOT NULL,
      body TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (collection_id, document_id)) STRICT;
    CREATE UNIQUE INDEX documents_by_position ON documents (collection_id, position);
    CREATE INDEX documents_by_namespace ON documents (namespace_id, document_id);

    -- A table of its own, keyed by the position of the document: one index of one collection lies in the order in which it is read.
    -- No foreign key to documents, since both are written in one transaction and a lookup per vector costs a tenth of an insert.
    CREATE TABLE vectors (
      collection_id TEXT NOT NULL, index_name TEXT NOT NULL, position INTEGER NOT NULL, document_id TEXT NOT NULL, vector BLOB NOT NULL,
      PRIMARY KEY (collection_id, index_name, position)) STRICT;

    CREATE TABLE clusters (
      cluster_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, description TEXT,
      collection_ids TEXT NOT NULL, algorithm TEXT NOT NULL, parameters TEXT NOT NULL, vector_index TEXT, normalize INTEGER NOT NULL,
      filters TEXT NOT NULL, enrich_source INTEGER NOT NULL, enrichment TEXT NOT NULL, output_collection_ids TEXT NOT NULL, text_fields TEXT,
      metadata TEXT NOT NULL, vector_config TEXT NOT NULL, last_run_id TEXT, last_task_id TEXT, created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL, UNIQUE (namespace_id, name)) STRICT;

    -- 'centroids': the groups' centroids one after the other, float32; each group's JSON says how many numbers are its own.
    CREATE TABLE cluster_runs (
      run_id TEXT PRIMARY KEY NOT NULL, cluster_id TEXT NOT NULL REFERENCES clusters, namespace_id TEXT NOT NULL, task_id TEXT NOT NULL,
      status TEXT NOT NULL, points INTEGER NOT NULL, source_documents INTEGER NOT NULL, groups TEXT NOT NULL, centroids BLOB NOT NULL,
      metrics TEXT NOT NULL, seed INTEGER NOT NULL, error TEXT, created_at INTEGER NOT NULL, completed_at INTEGER) STRICT;
    CREATE INDEX cluster_runs_by_cluster ON cluster_runs (cluster_id, created_at, run_id);
    CREATE INDEX cluster_runs_by_namespace ON cluster_runs (namespace_id);

    CREATE TABLE triggers (
      trigger_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT, description TEXT,
      action_type TEXT NOT NULL, action_config TEXT NOT NULL, resource_id TEXT, trigger_type TEXT NOT NULL, schedule_config TEXT NOT NULL,
      status TEXT NOT NULL, last_triggered_at INTEGER, last_execution_task_id TEXT, next_scheduled_at INTEGER,
      execution_count INTEGER NOT NULL, consecutive_failures INTEGER NOT NULL, last_execution_status TEXT, last_execution_error TEXT,
      event_counter INTEGER NOT NULL, event_cursor INTEGER NOT NULL, last_cooldown_at INTEGER, last_condition_check_at INTEGER,
      baseline TEXT, baseline_mean BLOB, last_drift_measurement TEXT NOT NULL, last_volume_measurement TEXT NOT NULL,
      armed INTEGER NOT NULL, state TEXT NOT NULL, fence INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      created_by TEXT) STRICT;
    CREATE INDEX triggers_by_namespace ON triggers (namespace_id, created_at, trigger_id);
    CREATE INDEX triggers_by_status ON triggers (status, created_at, trigger_id);

    -- A due instant of a trigger makes one task, whoever tries.
    CREATE TABLE tasks (
      task_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, trigger_id TEXT,
      scheduled_at INTEGER, inputs TEXT NOT NULL, outputs TEXT NOT NULL, error TEXT, attempt INTEGER NOT NULL,
      fence INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER,
      UNIQUE (trigger_id, scheduled_at)) STRICT;
    CREATE INDEX tasks_by_namespace ON tasks (namespace_id, created_at, task_id);
    CREATE INDEX tasks_unfinished ON tasks (created_at) WHERE status IN ('PENDING', 'IN_PROGRESS');

    CREATE TABLE evaluations (
      evaluation_id TEXT PRIMARY KEY NOT NULL, trigger_id TEXT NOT NULL, namespace_id TEXT NOT NULL, outcome TEXT NOT NULL,
      reason TEXT NOT NULL, detail TEXT NOT NULL, task_id TEXT, scheduled_at INTEGER, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
      count INTEGER NOT NULL) STRICT;
    CREATE INDEX evaluations_by_trigger ON evaluations (trigger_id, last_at, evaluation_id);
    CREATE INDEX evaluations_by_namespace ON evaluations (namespace_id);

    CREATE TABLE events (
      seq INTEGER PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL, type TEXT NOT NULL, collection_id TEXT NOT NULL,
      count INTEGER NOT NULL, document_ids TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE INDEX events_by_namespace ON events (namespace_id, seq);

    -- An integer stands in 'number', so that it can be counted up in place; anything else is JSON in 'value'.
    CREATE TABLE kv (
      namespace_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT, number INTEGER, expires_at INTEGER, PRIMARY KEY (namespace_id, key)) STRICT;
    CREATE INDEX kv_by_expiry ON kv (expires_at) WHERE expires_at IS NOT NULL;
    """

  /// Version 2: events that are not documents', how deep a chain of runs is, when events came, and when a task is tried again.
  static let second = """
    ALTER TABLE triggers ADD COLUMN first_event_at INTEGER;
    ALTER TABLE triggers ADD COLUMN last_event_at INTEGER;
    ALTER TABLE triggers ADD COLUMN event_depth INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tasks ADD COLUMN retry_at INTEGER;
    ALTER TABLE tasks ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE events ADD COLUMN payload TEXT;
    ALTER TABLE events ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;

    -- Of triggers with a window: the events that count, by the moment at which they came.
    CREATE TABLE event_buckets (
      trigger_id TEXT NOT NULL, bucket_at INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (trigger_id, bucket_at)) STRICT;
    """

  /// Version 7: what else is known of a run, and to which cluster it gave each document.
  static let seventh = """
    ALTER TABLE cluster_runs ADD COLUMN details TEXT NOT NULL DEFAULT '{}';

    -- Of the newest runs of each definition: 'ordinals' says for each document which of 'collections' it is in, 'labels' its cluster's number,
    -- int32 each; 'coordinates' its place on the map, float32.
    CREATE TABLE run_members (
      run_id TEXT PRIMARY KEY NOT NULL, cluster_id TEXT NOT NULL, namespace_id TEXT NOT NULL, documents TEXT NOT NULL, collections TEXT NOT NULL,
      ordinals BLOB NOT NULL, labels BLOB NOT NULL, probabilities BLOB, dimensions INTEGER NOT NULL, coordinates BLOB NOT NULL) STRICT;
    CREATE INDEX run_members_by_cluster ON run_members (cluster_id);
    """

  /// Version 8: taxonomies, whose configuration comes in versions.
  static let eighth = """
    CREATE TABLE taxonomies (
      taxonomy_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, description TEXT,
      version INTEGER NOT NULL, metadata TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      UNIQUE (namespace_id, name)) STRICT;

    CREATE TABLE taxonomy_versions (
      taxonomy_id TEXT NOT NULL REFERENCES taxonomies, version INTEGER NOT NULL, config TEXT NOT NULL, created_at INTEGER NOT NULL,
      PRIMARY KEY (taxonomy_id, version)) STRICT;
    """

  /// Version 9: whose keys they are and how often they may ask; to delete is a permission of its own, which those
  /// that may write had so far. And writes that are done once, however often they are sent.
  static let ninth = """
    ALTER TABLE api_keys ADD COLUMN user_email TEXT NOT NULL DEFAULT 'owner@localhost';
    ALTER TABLE api_keys ADD COLUMN description TEXT;
    ALTER TABLE api_keys ADD COLUMN rate_limit INTEGER;
    ALTER TABLE api_keys ADD COLUMN created_by TEXT;

    -- What was answered to a write that came with a key of its sender's, so that the same write sent again is not done again.
    CREATE TABLE idempotent_writes (
      namespace_id TEXT NOT NULL REFERENCES namespaces, key TEXT NOT NULL, body_hash TEXT NOT NULL, answer TEXT NOT NULL, created_at INTEGER NOT NULL,
      PRIMARY KEY (namespace_id, key)) STRICT;
    CREATE INDEX idempotent_writes_by_age ON idempotent_writes (created_at);

    UPDATE api_keys SET scopes = replace(scopes, '"write"', '"write","delete"') WHERE scopes LIKE '%"write"%';
    """

  /// Version 3: pauses that end by themselves, triggers that start others, named calendars, keys that count once, tasks of a namespace at once.
  static let third = """
    ALTER TABLE triggers ADD COLUMN paused_until INTEGER;
    -- The end of another trigger's run that is to start this one.
    ALTER TABLE triggers ADD COLUMN chained_at INTEGER;
    ALTER TABLE triggers ADD COLUMN chained_by TEXT;
    ALTER TABLE triggers ADD COLUMN chained_depth INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE namespaces ADD COLUMN max_concurrent_tasks INTEGER;

    CREATE TABLE calendars (
      namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, description TEXT, exclusions TEXT NOT NULL,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (namespace_id, name)) STRICT;

    -- Of triggers with a dedupe key: the values that have counted, and when.
    CREATE TABLE event_keys (
      trigger_id TEXT NOT NULL, key TEXT NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (trigger_id, key)) STRICT;
    """

  /// Version 4: scripts by name, in versions.
  static let fourth = """
    CREATE TABLE scripts (
      script_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, kind TEXT NOT NULL,
      description TEXT, events TEXT NOT NULL, active_version INTEGER, last_version INTEGER NOT NULL, created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL, UNIQUE (namespace_id, name)) STRICT;

    CREATE TABLE script_versions (
      script_id TEXT NOT NULL REFERENCES scripts, version INTEGER NOT NULL, source TEXT NOT NULL, tests TEXT, report TEXT NOT NULL, note TEXT,
      created_at INTEGER NOT NULL, created_by TEXT, PRIMARY KEY (script_id, version)) STRICT;
    """

  /// Version 5: buckets with their objects, batches, and what extractors have learnt of a collection's words.
  static let fifth = """
    CREATE TABLE buckets (
      bucket_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, description TEXT,
      schema TEXT NOT NULL, unique_key TEXT, metadata TEXT NOT NULL, object_count INTEGER NOT NULL, failed_count INTEGER NOT NULL,
      total_bytes INTEGER NOT NULL, last_upload_at INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      UNIQUE (namespace_id, name)) STRICT;

    -- Identifiers sort by the time at which they were given: lists go by them, cursors are them.
    CREATE TABLE bucket_objects (
      bucket_id TEXT NOT NULL REFERENCES buckets, object_id TEXT NOT NULL, namespace_id TEXT NOT NULL, key_prefix TEXT, body TEXT NOT NULL,
      size INTEGER NOT NULL, content_hash TEXT NOT NULL, unique_key TEXT, idempotency_key TEXT, status TEXT NOT NULL, error TEXT,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (bucket_id, object_id)) STRICT;
    CREATE UNIQUE INDEX bucket_objects_by_unique_key ON bucket_objects (bucket_id, unique_key) WHERE unique_key IS NOT NULL;
    CREATE UNIQUE INDEX bucket_objects_by_idempotency ON bucket_objects (bucket_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX bucket_objects_by_hash ON bucket_objects (bucket_id, content_hash);

    CREATE TABLE batches (
      batch_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, bucket_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT,
      status TEXT NOT NULL, collection_ids TEXT NOT NULL, tiers TEXT NOT NULL, dedup TEXT NOT NULL, metadata TEXT NOT NULL, task_id TEXT, error TEXT,
      message TEXT, total INTEGER NOT NULL, processed INTEGER NOT NULL, failed INTEGER NOT NULL, skipped INTEGER NOT NULL,
      written INTEGER NOT NULL, replaced INTEGER NOT NULL, retries INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      started_at INTEGER, finished_at INTEGER) STRICT;
    CREATE INDEX batches_by_namespace ON batches (namespace_id, created_at, batch_id);
    CREATE INDEX batches_by_bucket ON batches (bucket_id, created_at, batch_id);

    -- What is pending is what is left to do: a piece of work and the statuses of its objects are one transaction.
    CREATE TABLE batch_members (
      batch_id TEXT NOT NULL REFERENCES batches, ordinal INTEGER NOT NULL, source_id TEXT NOT NULL, object_id TEXT NOT NULL, status TEXT NOT NULL,
      error TEXT, error_kind TEXT NOT NULL, at INTEGER, failures INTEGER NOT NULL, PRIMARY KEY (batch_id, ordinal)) STRICT;
    CREATE UNIQUE INDEX batch_members_by_object ON batch_members (batch_id, object_id, source_id);
    CREATE INDEX batch_members_by_status ON batch_members (batch_id, status, ordinal);

    -- How many documents of a collection hold the words of each place in a table; see HashingVectors.
    CREATE TABLE word_counts (
      collection_id TEXT PRIMARY KEY NOT NULL REFERENCES collections, documents INTEGER NOT NULL, counts BLOB NOT NULL,
      version INTEGER NOT NULL) STRICT;
    """

  /// Version 6: what drift is measured from, apart from the triggers' rows: those are written at every check, and SQLite writes a row as a whole.
  static let sixth = """
    CREATE TABLE baseline_snapshots (
      trigger_id TEXT PRIMARY KEY NOT NULL, captured_at INTEGER NOT NULL, snapshot BLOB NOT NULL) STRICT;
    """
}
