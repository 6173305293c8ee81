extension Schema {
  /// Retrievers and alerts with what became of them, and indexes of documents' fields.
  static let retrieval = """
    CREATE TABLE retrievers (
      retriever_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, description TEXT,
      version INTEGER NOT NULL, definition TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT,
      UNIQUE (namespace_id, name)) STRICT;

    CREATE TABLE retriever_executions (
      execution_id TEXT PRIMARY KEY NOT NULL, retriever_id TEXT NOT NULL, namespace_id TEXT NOT NULL, status TEXT NOT NULL,
      created_at INTEGER NOT NULL, completed_at INTEGER NOT NULL, milliseconds REAL NOT NULL, processed INTEGER NOT NULL,
      returned INTEGER NOT NULL, details TEXT NOT NULL) STRICT;
    CREATE INDEX retriever_executions_by_retriever ON retriever_executions (retriever_id, created_at, execution_id);
    CREATE INDEX retriever_executions_by_namespace ON retriever_executions (namespace_id);

    -- 'raised': whether the condition held at the last look by the clock; a rise is told once.
    CREATE TABLE alerts (
      alert_id TEXT PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, name TEXT NOT NULL, retriever_id TEXT NOT NULL,
      definition TEXT NOT NULL, last_fired_at INTEGER, raised INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      UNIQUE (namespace_id, name)) STRICT;

    CREATE TABLE alert_executions (
      execution_id TEXT PRIMARY KEY NOT NULL, alert_id TEXT NOT NULL, namespace_id TEXT NOT NULL, collection_id TEXT NOT NULL,
      triggered INTEGER NOT NULL, match_count INTEGER NOT NULL, executed_at INTEGER NOT NULL, milliseconds INTEGER NOT NULL,
      details TEXT NOT NULL) STRICT;
    CREATE INDEX alert_executions_by_alert ON alert_executions (alert_id, executed_at, execution_id);
    CREATE INDEX alert_executions_by_namespace ON alert_executions (namespace_id, executed_at, execution_id);

    -- Alerts at collections. 'trigger_id': the trigger that looks when documents come; 'seen': the last event that it has looked at.
    CREATE TABLE alert_applications (
      collection_id TEXT NOT NULL, alert_id TEXT NOT NULL, namespace_id TEXT NOT NULL, ordinal INTEGER NOT NULL, definition TEXT NOT NULL,
      trigger_id TEXT, seen INTEGER NOT NULL, PRIMARY KEY (collection_id, alert_id)) STRICT;
    CREATE INDEX alert_applications_by_alert ON alert_applications (alert_id);
    CREATE INDEX alert_applications_by_namespace ON alert_applications (namespace_id);

    -- 'path' is SQLite's way to the field. Numbers are small, since they stand in every row of document_fields.
    CREATE TABLE payload_indexes (
      index_id INTEGER PRIMARY KEY NOT NULL, namespace_id TEXT NOT NULL REFERENCES namespaces, field TEXT NOT NULL, path TEXT NOT NULL,
      kind TEXT NOT NULL, protected INTEGER NOT NULL, origin TEXT NOT NULL, ready INTEGER NOT NULL, created_at INTEGER NOT NULL,
      UNIQUE (namespace_id, field)) STRICT;

    -- One row for each document and each index of its namespace: numbers, texts, x'00' and x'01' for false and true, and x'FF' for what has
    -- no place of its own (missing, null, array, object). So SQLite's own order of values is that of 'DocumentOrder', ascending.
    CREATE TABLE document_fields (
      index_id INTEGER NOT NULL, collection_id TEXT NOT NULL, value ANY NOT NULL, position INTEGER NOT NULL,
      PRIMARY KEY (index_id, collection_id, value, position)) STRICT, WITHOUT ROWID;

    CREATE VIEW document_values (index_id, collection_id, value, position) AS
      SELECT payload_indexes.index_id, documents.collection_id, \(value(of: "documents")), documents.position
      FROM documents JOIN payload_indexes ON payload_indexes.namespace_id = documents.namespace_id;

    CREATE TRIGGER documents_come AFTER INSERT ON documents
    WHEN EXISTS (SELECT 1 FROM payload_indexes WHERE namespace_id = NEW.namespace_id) BEGIN
      INSERT INTO document_fields (index_id, collection_id, value, position)
        SELECT index_id, NEW.collection_id, \(value(of: "NEW")), NEW.position FROM payload_indexes WHERE namespace_id = NEW.namespace_id
        ON CONFLICT (index_id, collection_id, value, position) DO NOTHING;
    END;
    CREATE TRIGGER documents_change AFTER UPDATE OF body ON documents
    WHEN EXISTS (SELECT 1 FROM payload_indexes WHERE namespace_id = NEW.namespace_id) BEGIN
      DELETE FROM document_fields WHERE (index_id, collection_id, value, position) IN (
        SELECT index_id, OLD.collection_id, \(value(of: "OLD")), OLD.position FROM payload_indexes WHERE namespace_id = OLD.namespace_id);
      INSERT INTO document_fields (index_id, collection_id, value, position)
        SELECT index_id, NEW.collection_id, \(value(of: "NEW")), NEW.position FROM payload_indexes WHERE namespace_id = NEW.namespace_id
        ON CONFLICT (index_id, collection_id, value, position) DO NOTHING;
    END;
    CREATE TRIGGER documents_go AFTER DELETE ON documents
    WHEN EXISTS (SELECT 1 FROM payload_indexes WHERE namespace_id = OLD.namespace_id) BEGIN
      DELETE FROM document_fields WHERE (index_id, collection_id, value, position) IN (
        SELECT index_id, OLD.collection_id, \(value(of: "OLD")), OLD.position FROM payload_indexes WHERE namespace_id = OLD.namespace_id);
    END;
    """

  /// A field's value as `document_fields` has it. SQLite's own JSON functions are not for triggers and views where the schema is not trusted
  /// (https://www.sqlite.org/pragma.html#pragma_trusted_schema), and ours is not: somebody may hand us a file.
  static func value(of row: String) -> String { "field_value(\(row).body, payload_indexes.path)" }
}
